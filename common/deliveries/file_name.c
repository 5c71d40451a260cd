#include "common/deliveries/file_name.h"

#include "common/base/utf8.h"

bool file_name_is_odd(const char *path, size_t len)
{
    for (size_t at = 0; at < len;) {
        uint32_t code = 0;
        size_t step = utf8_decode(path + at, len - at, &code);
        if (step == 0 || code == '\\' || code < 0x20 || (code >= 0x7F && code <= 0x9F))
            return true;
        at += step;
    }
    return false;
}
