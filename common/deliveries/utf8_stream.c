#include "common/deliveries/utf8_stream.h"

#include <string.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* The first bytes of characters and what may follow them: RFC 3629, section 4. */
static const struct {
    uint8_t from, to, missing, low, high;
} firsts[] = {
    {0x00, 0x7f, 0, 0, 0},       {0xc2, 0xdf, 1, 0x80, 0xbf}, {0xe0, 0xe0, 2, 0xa0, 0xbf},
    {0xe1, 0xec, 2, 0x80, 0xbf}, {0xed, 0xed, 2, 0x80, 0x9f}, {0xee, 0xef, 2, 0x80, 0xbf},
    {0xf0, 0xf0, 3, 0x90, 0xbf}, {0xf1, 0xf3, 3, 0x80, 0xbf}, {0xf4, 0xf4, 3, 0x80, 0x8f},
};

static enum utf8_stream_step begin(struct utf8_stream *state, uint8_t byte)
{
    for (size_t i = 0; i < sizeof firsts / sizeof firsts[0]; i++) {
        if (byte < firsts[i].from || byte > firsts[i].to)
            continue;
        *state = (struct utf8_stream){firsts[i].missing, firsts[i].low, firsts[i].high};
        return state->missing ? UTF8_STREAM_MORE : UTF8_STREAM_DONE;
    }
    return UTF8_STREAM_REFUSED;
}

enum utf8_stream_step utf8_stream_step(struct utf8_stream *state, uint8_t byte)
{
    if (state->missing == 0)
        return begin(state, byte);
    if (byte < state->low || byte > state->high) {
        *state = (struct utf8_stream){0, 0, 0};
        return UTF8_STREAM_REFUSED;
    }
    *state = (struct utf8_stream){(uint8_t)(state->missing - 1), 0x80, 0xbf};
    return state->missing ? UTF8_STREAM_MORE : UTF8_STREAM_DONE;
}

size_t utf8_stream_ascii_run(const uint8_t *bytes, size_t len)
{
    size_t at = 0;
    for (uint64_t word; len - at >= sizeof word; at += sizeof word) {
        memcpy(&word, bytes + at, sizeof word);
        if (word & HIGH_BITS)
            break;
    }
    while (at < len && bytes[at] < 0x80)
        at++;
    return at;
}
