/* The first bytes say where to cut, the rest is the content: the classifier must agree with the whole-text check of
 * base. */
#include <string.h>

#include "common/base/json.h"
#include "common/deliveries/content.h"
#include "tests/fuzz/fuzz.h"

#define CUTS 4 /* bytes that hold piece lengths, used in turn */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < CUTS)
        return 0;
    const uint8_t *bytes = data + CUTS;
    size_t len = size - CUTS;
    struct content content;
    struct content_facts facts;
    content_init(&content);
    for (size_t at = 0, turn = 0; at < len; turn++) {
        size_t step = data[turn % CUTS] % 17 + 1u;
        step = step < len - at ? step : len - at;
        content_add(&content, bytes + at, step);
        at += step;
    }
    content_end(&content, &facts);
    content_fini(&content);

    uint8_t sha[SHA256_BYTES];
    char hex[SHA256_HEX + 1];
    crypto_sha256(bytes, len, sha);
    crypto_hex(sha, sizeof sha, hex);
    bool is_text = json_is_utf8((const char *)bytes, len) && !(len && memchr(bytes, 0, len));
    FUZZ_CHECK(facts.kind == (is_text ? CONTENT_TEXT : CONTENT_BINARY));
    FUZZ_CHECK(facts.size == (int64_t)len && strcmp(facts.sha, hex) == 0);
    return 0;
}
