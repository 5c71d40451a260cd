#include "common/base/utf8.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* What the first byte says. The least code point is what rules out overlong forms. */
struct form {
    uint8_t mask, lead;
    size_t len;
    uint32_t least;
};

static const struct form forms[] = {
    {0x80, 0x00, 1, 0},
    {0xE0, 0xC0, 2, 0x80},
    {0xF0, 0xE0, 3, 0x800},
    {0xF8, 0xF0, 4, 0x10000},
};
#define FORM_COUNT (sizeof forms / sizeof(forms[0]))

size_t utf8_decode(const char *bytes, size_t len, uint32_t *code)
{
    if (len == 0)
        return 0;
    uint8_t first = (uint8_t)bytes[0];
    size_t form = 0;
    while (form < FORM_COUNT && (first & forms[form].mask) != forms[form].lead)
        form++;
    if (form == FORM_COUNT || forms[form].len > len)
        return 0;
    uint32_t value = first & (uint8_t)~forms[form].mask;
    for (size_t i = 1; i < forms[form].len; i++) {
        uint8_t next = (uint8_t)bytes[i];
        if ((next & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (next & 0x3F);
    }
    if (value < forms[form].least || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return 0;
    *code = value;
    return forms[form].len;
}

size_t utf8_encode(uint32_t code, char out[4])
{
    assert(code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF));
    size_t form = FORM_COUNT - 1;
    while (code < forms[form].least)
        form--;
    for (size_t i = forms[form].len - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code & 0x3F));
        code >>= 6;
    }
    out[0] = (char)(forms[form].lead | code);
    return forms[form].len;
}

/* ---- for people -------------------------------------------------------------------------------------------------- */

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
                memcpy(out + written, text, sizeof text);
                written += sizeof text;
            } else {
                out[written++] = (char)byte;
            }
        }
    }
    out[written] = '\0';
    return written;
}
