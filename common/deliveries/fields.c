#include "common/deliveries/fields.h"

#include <string.h>

void fields_digest(const char *const *fields, uint8_t out[SHA256_BYTES])
{
    struct buf all = BUF_INIT;
    for (; *fields; fields++) {
        size_t len = strlen(*fields);
        buf_add_int(&all, (int64_t)len);
        buf_add_char(&all, ':');
        buf_add(&all, *fields, len);
    }
    crypto_sha256(all.data, all.len, out);
    buf_fini(&all);
}
