#include "common/base/json_slice.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/base/utf8.h"

#define REPLACEMENT UINT32_C(0xFFFD)

uint32_t json_slice_hex4(const char *digits)
{
    uint32_t code = 0;
    for (int i = 0; i < 4; i++) {
        uint32_t c = (uint8_t)digits[i];
        code = code << 4 | (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return code;
}

/* From the "u" of an escape that the walk has checked; returns what follows. */
static const char *add_unicode(struct buf *buf, const char *at, const char *end)
{
    uint32_t code = json_slice_hex4(at + 1);
    at += 5;
    bool has_next = end - at >= 6 && at[0] == '\\' && at[1] == 'u';
    if (code >= 0xD800 && code <= 0xDBFF && has_next && json_slice_hex4(at + 2) >= 0xDC00 &&
        json_slice_hex4(at + 2) <= 0xDFFF) {
        code = 0x10000 + ((code - 0xD800) << 10) + (json_slice_hex4(at + 2) - 0xDC00);
        at += 6;
    } else if (code == 0 || (code >= 0xD800 && code <= 0xDFFF)) {
        code = REPLACEMENT;
    }
    char text[4];
    buf_add(buf, text, utf8_encode(code, text));
    return at;
}

static void add_plain(struct buf *buf, const char *bytes, size_t len)
{
    for (size_t at = 0, start = 0; at <= len;) {
        uint32_t code = 0;
        size_t step = at < len ? utf8_decode(bytes + at, len - at, &code) : 0;
        if (step > 0 && code != 0) {
            at += step;
            continue;
        }
        buf_add(buf, bytes + start, at - start);
        if (at < len)
            buf_add(buf, "\xef\xbf\xbd", 3);
        start = ++at;
    }
}

char *json_slice_text(const struct json_slice *slice)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    if (!slice->escaped)
        return mem_strndup(slice->bytes, slice->len);
    struct buf buf = BUF_INIT;
    const char *at = slice->bytes, *end = slice->bytes + slice->len;
    while (at < end) {
        const char *escape = memchr(at, '\\', (size_t)(end - at));
        size_t plain = (size_t)((escape != NULL ? escape : end) - at);
        add_plain(&buf, at, plain);
        at += plain;
        if (at == end)
            break;
        if (*++at == 'u') {
            at = add_unicode(&buf, at, end);
            continue;
        }
        buf_add_char(&buf, meanings[strchr(letters, *at) - letters]);
        at++;
    }
    return buf_take(&buf);
}

bool json_slice_is(const struct json_slice *slice, const char *text)
{
    if (!slice->escaped) {
        size_t len = strlen(text);
        return slice->len == len && memcmp(slice->bytes, text, len) == 0;
    }
    char *plain = json_slice_text(slice);
    bool same = strcmp(plain, text) == 0;
    free(plain);
    return same;
}
