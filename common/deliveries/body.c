#include "common/deliveries/body.h"

#include <assert.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/json.h"

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
