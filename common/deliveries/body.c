/*
 * Writes the bodies of requests byte for byte, in one piece or as head, escaped pieces and tail. Both ways must give
 * the same bytes, for the signature is made over them, and a repeated request must be equal. Pure. Called by
 * worker/run/deliver_http.c.
 */
#include "common/deliveries/body.h"

#include <assert.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/json.h"
#include "common/deliveries/sign.h"

/* ---- text inside a JSON string (RFC 8259, section 7), in pieces -------------------------------------------------- */

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
        if (escape == NULL)
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
    enum content_utf8_step step = content_utf8_step(&escaper->utf8, byte);
    if (step == CONTENT_UTF8_REFUSED) {
        escaper->held_len = 0;
        buf_add_str(out, REPLACEMENT);
        return begins;
    }
    escaper->held[escaper->held_len++] = byte;
    if (step == CONTENT_UTF8_DONE) {
        buf_add(out, escaper->held, escaper->held_len);
        escaper->held_len = 0;
    }
    return true;
}

void body_escape(struct body_escaper *escaper, struct buf *out, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    for (size_t left = len, took; left > 0; at += took, left -= took) {
        took = escaper->held_len ? 0 : content_utf8_ascii_run(at, left);
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

/* ---- the requests ------------------------------------------------------------------------------------------------ */

static void add_string(struct buf *out, const char *before, const char *text)
{
    buf_add_str(out, before);
    json_add_string(out, text, strlen(text));
}

static void add_int(struct buf *out, const char *before, int64_t number)
{
    buf_add_str(out, before);
    buf_add_int(out, number);
}

static void add_time(struct buf *out, const char *before, int64_t wall_us)
{
    char iso[CLOCK_ISO_MAX];
    clock_iso8601_ms(wall_us, iso);
    add_string(out, before, iso);
}

static void add_repository(struct buf *out, const struct body_repository *repository)
{
    add_string(out, "\"repository\":{\"repository_id\":", repository->repository_id);
    add_string(out, ",\"github_url\":", repository->github_url);
    add_string(out, ",\"owner\":", repository->owner);
    add_string(out, ",\"name\":", repository->name);
    buf_add_char(out, '}');
}

/* {"repository":{…},"file":{"path":…,"sha":… */
static void add_opening(struct buf *out, const struct body_message *message)
{
    buf_add_char(out, '{');
    add_repository(out, &message->repository);
    add_string(out, ",\"file\":{\"path\":", message->path);
    add_string(out, ",\"sha\":", message->sha ? message->sha : "");
}

/* },"commit_sha":…,"timestamp":…} */
static void add_closing(struct buf *out, const struct body_message *message)
{
    add_string(out, "},\"commit_sha\":", message->commit_sha);
    add_time(out, ",\"timestamp\":", message->timestamp_us);
    if (message->verb == VERB_UPDATE)
        add_string(out, ",\"previous_sha\":", message->previous_sha);
    buf_add_char(out, '}');
}

void body_head(struct buf *out, const struct body_message *message)
{
    assert(message->verb == VERB_CREATE || message->verb == VERB_UPDATE);
    add_opening(out, message);
    add_int(out, ",\"size\":", message->size);
    buf_add_str(out, ",\"content\":\"");
}

void body_tail(struct buf *out, const struct body_message *message)
{
    buf_add_char(out, '"');
    if (message->kind == CONTENT_BINARY)
        buf_add_str(out, ",\"content_encoding\":\"base64\"");
    if (message->chunk.total > 0) {
        add_string(out, ",\"chunk\":{\"id\":", message->chunk.id);
        add_int(out, ",\"index\":", message->chunk.index);
        add_int(out, ",\"total\":", message->chunk.total);
        buf_add_char(out, '}');
    }
    add_closing(out, message);
}

static void add_text(struct buf *out, const void *content, size_t len)
{
    struct body_escaper escaper = {0};
    body_escape(&escaper, out, content, len);
    body_escape_end(&escaper, out);
}

void body_add(struct buf *out, const struct body_message *message, const void *content, size_t len)
{
    if (message->verb == VERB_DELETE) {
        add_opening(out, message);
        add_closing(out, message);
        return;
    }
    body_head(out, message);
    if (message->kind == CONTENT_BINARY)
        crypto_add_base64(out, content, len);
    else
        add_text(out, content, len);
    body_tail(out, message);
}

void body_add_sync_failed(struct buf *out, const struct body_sync_failed *event)
{
    buf_add_str(out, "{\"event\":\"sync_failed\",");
    add_repository(out, &event->repository);
    add_string(out, ",\"error\":{\"type\":\"git_failure\",\"message\":", event->message);
    add_int(out, "},\"circuit_breaker\":{\"status\":\"open\",\"consecutive_failures\":", event->consecutive_failures);
    add_int(out, ",\"threshold\":", event->threshold);
    add_time(out, ",\"cooldown_until\":", event->cooldown_until_us);
    add_int(out, "},\"retry_count\":", event->retry_count);
    add_time(out, ",\"timestamp\":", event->timestamp_us);
    buf_add_char(out, '}');
}

/* ---- which part of a content one request carries ----------------------------------------------------------------- */

int64_t body_pieces(enum content_kind kind, int64_t size)
{
    assert(size >= 0);
    if (kind == CONTENT_TEXT || size <= BODY_CHUNKED_ABOVE)
        return 1;
    return (size - 1) / BODY_PIECE_BYTES + 1;
}

struct body_range body_piece_range(enum content_kind kind, int64_t size, int64_t index)
{
    int64_t pieces = body_pieces(kind, size);
    assert(index >= 0 && index < pieces);
    if (pieces == 1)
        return (struct body_range){0, size};
    int64_t offset = index * BODY_PIECE_BYTES;
    return (struct body_range){offset, index == pieces - 1 ? size - offset : BODY_PIECE_BYTES};
}

void body_chunk_id(const char *job_id, const char *path, const char *sha, char out[BODY_UUID_MAX])
{
    const char *const fields[] = {"chunk", job_id, path, sha, NULL};
    uint8_t digest[SHA256_BYTES];
    sign_fields_digest(fields, digest);
    digest[6] = (uint8_t)((digest[6] & 0x0f) | 0x50); /* version 5 */
    digest[8] = (uint8_t)((digest[8] & 0x3f) | 0x80); /* the variant of RFC 9562 */

    char hex[SHA256_HEX + 1];
    crypto_hex(digest, sizeof digest, hex);
    static const int groups[] = {8, 4, 4, 4, 12};
    const char *from = hex;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; from += groups[i++]) {
        memcpy(out, from, (size_t)groups[i]);
        out += groups[i];
        *out++ = '-';
    }
    out[-1] = '\0';
}
