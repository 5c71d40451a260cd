#include "common/base/printable.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/base/utf8.h"

/* U+2028 and U+2029 end a line for some readers; the bidirectional controls show text in an order it does not have. */
static bool is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code <= 0x9F) || code == 0x200E || code == 0x200F ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

size_t printable_copy(char *out, size_t size, const char *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    assert(size >= 1);
    size_t written = 0;
    for (size_t at = 0; at < len;) {
        uint32_t code = 0;
        size_t take = utf8_decode(bytes + at, len - at, &code);
        bool escape = take == 0 || is_control(code);
        if (take == 0)
            take = 1;
        size_t need = escape ? 4 * take : take;
        if (need > size - 1 - written)
            break;
        for (size_t i = 0; i < take; i++, at++) {
            uint8_t byte = (uint8_t)bytes[at];
            if (escape) {
                const char text[4] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
                memcpy(out + written, text, sizeof(text));
                written += sizeof(text);
            } else {
                out[written++] = (char)byte;
            }
        }
    }
    out[written] = '\0';
    return written;
}
