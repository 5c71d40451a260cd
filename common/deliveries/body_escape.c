/* The escaper of wire.h: JSON strings (RFC 8259, section 7) from text that comes in pieces. */
#include <string.h>

#include "common/deliveries/body.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* What ASCII characters become; NULL = themselves. */
static const char *const escapes[128] = {
    "\\u0000", "\\u0001", "\\u0002", "\\u0003", "\\u0004", "\\u0005",      "\\u0006",       "\\u0007", "\\b",
    "\\t",     "\\n",     "\\u000b", "\\f",     "\\r",     "\\u000e",      "\\u000f",       "\\u0010", "\\u0011",
    "\\u0012", "\\u0013", "\\u0014", "\\u0015", "\\u0016", "\\u0017",      "\\u0018",       "\\u0019", "\\u001a",
    "\\u001b", "\\u001c", "\\u001d", "\\u001e", "\\u001f", ['"'] = "\\\"", ['\\'] = "\\\\",
};

static void add_ascii(struct buf *out, const uint8_t *bytes, size_t len)
{
    size_t plain = 0; /* where the run of characters that stay as they are began */
    for (size_t at = 0; at < len; at++) {
        const char *escape = escapes[bytes[at]];
        if (!escape)
            continue;
        buf_add(out, bytes + plain, at - plain);
        buf_add_str(out, escape);
        plain = at + 1;
    }
    buf_add(out, bytes + plain, len - plain);
}

/* One byte that is no ASCII, or stands where a character should go on. False: not used up, look at it again. */
static bool add_other(struct body_escaper *escaper, struct buf *out, uint8_t byte)
{
    bool begins = escaper->held_len == 0;
    enum utf8_stream_step step = utf8_stream_step(&escaper->utf8, byte);
    if (step == UTF8_STREAM_REFUSED) {
        escaper->held_len = 0;
        buf_add_str(out, REPLACEMENT);
        return begins;
    }
    escaper->held[escaper->held_len++] = byte;
    if (step == UTF8_STREAM_DONE) {
        buf_add(out, escaper->held, escaper->held_len);
        escaper->held_len = 0;
    }
    return true;
}

void body_escape(struct body_escaper *escaper, struct buf *out, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    for (size_t left = len, took; left > 0; at += took, left -= took) {
        took = escaper->held_len ? 0 : utf8_stream_ascii_run(at, left);
        if (took > 0)
            add_ascii(out, at, took);
        else
            took = add_other(escaper, out, *at) ? 1 : 0;
    }
}

void body_escape_end(struct body_escaper *escaper, struct buf *out)
{
    if (escaper->held_len > 0)
        buf_add_str(out, REPLACEMENT);
    *escaper = (struct body_escaper){0};
}
