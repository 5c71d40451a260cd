#include "common/queue/chunk.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/json.h"

/* What a worker id is made of, so that it can be written again as it stands. */
#define WORKER_ID_ALPHABET "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

/* What a number of Lua holds exactly; the scripts count in these. */
#define SEQ_MAX (INT64_C(1) << 53)

static enum err read_range(struct json_object *object, struct chunk *chunk, struct err_info *error)
{
    chunk->from = json_get_int(object, "from", 0);
    chunk->to = json_get_int(object, "to", 0);
    if (chunk->from < 1 || chunk->to < chunk->from || chunk->to - chunk->from >= CHUNK_JOBS_MAX)
        return err_set(error, ERR_USAGE, "a chunk needs 1 <= from <= to and at most %d jobs", CHUNK_JOBS_MAX);
    if (chunk->to > SEQ_MAX)
        return err_set(error, ERR_USAGE, "a chunk's jobs have numbers up to 2^53");
    return ERR_OK;
}

static enum err read_members(struct json_object *object, struct chunk *chunk, struct err_info *error)
{
    const char *operation = json_get_string(object, "op"), *by = json_get_string(object, "by");
    if (operation == NULL || !id_is_operation(operation))
        return err_set(error, ERR_USAGE, "a chunk needs \"op\", an operation id");
    if (by != NULL && (strlen(by) >= sizeof chunk->by || by[strspn(by, WORKER_ID_ALPHABET)] != '\0'))
        return err_set(error, ERR_USAGE, "\"by\" of a chunk is no worker id");
    snprintf(chunk->operation_id, sizeof chunk->operation_id, "%s", operation);
    snprintf(chunk->by, sizeof chunk->by, "%s", by == NULL ? "" : by);
    chunk->generation = json_get_int(object, "gen", 0);
    chunk->window = json_get_int(object, "w", 0) == 1;
    chunk->first = json_get_int(object, "first", 0) == 1;
    chunk->due = json_get_bool(object, "due", false);
    if (chunk->generation < 1)
        return err_set(error, ERR_USAGE, "a chunk needs \"gen\", a generation from 1");
    return chunk->due ? ERR_OK : read_range(object, chunk, error);
}

enum err chunk_parse(const char *bytes, size_t len, struct chunk *chunk, struct err_info *error)
{
    *chunk = (struct chunk){0};
    if (len >= CHUNK_TEXT_MAX)
        return err_set(error, ERR_USAGE, "a chunk has less than %d bytes, this has %zu", CHUNK_TEXT_MAX, len);
    struct json_object *object = NULL;
    enum err err = json_parse(bytes, len, (struct json_limits){CHUNK_TEXT_MAX, 2}, &object, error);
    if (err == ERR_OK && !json_object_is_type(object, json_type_object))
        err = err_set(error, ERR_USAGE, "a chunk is a JSON object");
    if (err == ERR_OK)
        err = read_members(object, chunk, error);
    json_object_put(object);
    if (err != ERR_OK)
        return err_prefix(error, "unreadable chunk");
    memcpy(chunk->text, bytes, len);
    return ERR_OK;
}

void chunk_write(struct chunk *chunk)
{
    char by[ID_MAX + 16] = "";
    if (chunk->by[0] != '\0')
        snprintf(by, sizeof by, "\"by\":\"%s\",", chunk->by);
    if (chunk->due)
        snprintf(chunk->text, sizeof chunk->text, "{%s\"op\":\"%s\",\"gen\":%" PRId64 ",\"due\":true}", by,
                 chunk->operation_id, chunk->generation);
    else
        snprintf(chunk->text, sizeof chunk->text,
                 "{%s\"op\":\"%s\",\"gen\":%" PRId64 ",\"from\":%" PRId64 ",\"to\":%" PRId64 "%s%s}", by,
                 chunk->operation_id, chunk->generation, chunk->from, chunk->to, chunk->window ? ",\"w\":1" : "",
                 chunk->first ? ",\"first\":1" : "");
}

const char *chunk_class(const struct chunk *chunk)
{
    return chunk->due ? "due" : chunk->window ? "w" : "";
}
