#include "common/deliveries/content.h"

#include <string.h>

void content_init(struct content *content)
{
    *content = (struct content){.digest = digest_sha256_new(), .kind = CONTENT_TEXT};
}

static enum content_kind look_at(struct utf8_stream *state, const uint8_t *bytes, size_t len)
{
    if (memchr(bytes, 0, len))
        return CONTENT_BINARY;
    for (size_t at = 0; at < len; at++) {
        if (state->missing == 0)
            at += utf8_stream_ascii_run(bytes + at, len - at);
        if (at < len && utf8_stream_step(state, bytes[at]) == UTF8_STREAM_REFUSED)
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
