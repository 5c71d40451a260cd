/*
 * Classifies a content while it is read, in pieces and in bounded memory, and tells a name that could lead a client
 * astray. body.c escapes by the same UTF-8 steps, so the two cannot disagree on what is text. Called by
 * worker/run/file_task.c and worker/run/deliver_changes.c.
 */
#include "common/deliveries/content.h"

#include <string.h>

#include "common/base/utf8.h"

/* ---- UTF-8 byte by byte (RFC 3629) ------------------------------------------------------------------------------- */

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* The first bytes of characters and what may follow them: RFC 3629, section 4. */
static const struct {
    uint8_t from, to, missing, low, high;
} firsts[] = {
    {0x00, 0x7f, 0, 0, 0},       {0xc2, 0xdf, 1, 0x80, 0xbf}, {0xe0, 0xe0, 2, 0xa0, 0xbf},
    {0xe1, 0xec, 2, 0x80, 0xbf}, {0xed, 0xed, 2, 0x80, 0x9f}, {0xee, 0xef, 2, 0x80, 0xbf},
    {0xf0, 0xf0, 3, 0x90, 0xbf}, {0xf1, 0xf3, 3, 0x80, 0xbf}, {0xf4, 0xf4, 3, 0x80, 0x8f},
};

static enum content_utf8_step begin(struct content_utf8 *state, uint8_t byte)
{
    for (size_t i = 0; i < sizeof firsts / sizeof firsts[0]; i++) {
        if (byte < firsts[i].from || byte > firsts[i].to)
            continue;
        *state = (struct content_utf8){firsts[i].missing, firsts[i].low, firsts[i].high};
        return state->missing ? CONTENT_UTF8_MORE : CONTENT_UTF8_DONE;
    }
    return CONTENT_UTF8_REFUSED;
}

enum content_utf8_step content_utf8_step(struct content_utf8 *state, uint8_t byte)
{
    if (state->missing == 0)
        return begin(state, byte);
    if (byte < state->low || byte > state->high) {
        *state = (struct content_utf8){0, 0, 0};
        return CONTENT_UTF8_REFUSED;
    }
    *state = (struct content_utf8){(uint8_t)(state->missing - 1), 0x80, 0xbf};
    return state->missing ? CONTENT_UTF8_MORE : CONTENT_UTF8_DONE;
}

size_t content_utf8_ascii_run(const uint8_t *bytes, size_t len)
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

/* ---- one content ------------------------------------------------------------------------------------------------- */

void content_init(struct content *content)
{
    *content = (struct content){.digest = digest_sha256_new(), .kind = CONTENT_TEXT};
}

static enum content_kind look_at(struct content_utf8 *state, const uint8_t *bytes, size_t len)
{
    if (memchr(bytes, 0, len))
        return CONTENT_BINARY;
    for (size_t at = 0; at < len; at++) {
        if (state->missing == 0)
            at += content_utf8_ascii_run(bytes + at, len - at);
        if (at < len && content_utf8_step(state, bytes[at]) == CONTENT_UTF8_REFUSED)
            return CONTENT_BINARY;
    }
    return CONTENT_TEXT;
}

void content_add(struct content *content, const void *bytes, size_t len)
{
    if (len == 0)
        return;
    digest_add(content->digest, bytes, len);
    content->size += (int64_t)len;
    if (content->kind == CONTENT_TEXT)
        content->kind = look_at(&content->utf8, bytes, len);
}

void content_end(struct content *content, struct content_facts *facts)
{
    uint8_t sha[SHA256_BYTES];
    digest_end(content->digest, sha);
    crypto_hex(sha, sizeof sha, facts->sha);
    facts->size = content->size;
    /* A character cut off by the end of the file is no UTF-8 either. */
    facts->kind = content->utf8.missing ? CONTENT_BINARY : content->kind;
}

void content_fini(struct content *content)
{
    digest_drop(content->digest);
    content->digest = NULL;
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

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
