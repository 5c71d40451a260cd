/* What stands in the lists of Redis, cut to what a page can show. */
#include <string.h>

#include "common/base/clock.h"
#include "common/base/json.h"
#include "common/query/engine.h"
#include "common/queue/names.h"

#define US_PER_MS 1000

/* Runs a command whose answer is a list; NULL on a failure, then `*err` says so. The caller's. */
static redisReply *list(const struct dispatch *dispatch, struct redis_args *args, enum err *err, struct err_info *error)
{
    redisReply *reply = NULL;
    *err = redis_run(dispatch->redis, args, &reply, error);
    redis_args_reset(args);
    return reply;
}

static void first_of(struct redis_args *args)
{
    redis_arg_int(args, 0);
    redis_arg_int(args, ENGINE_SHOWN - 1);
}

/* An entry as JSON where it is JSON, else as text. */
static struct json_object *entry(const redisReply *item)
{
    struct json_object *json = NULL;
    struct err_info ignored = {0};
    if (item->str != NULL && json_parse(item->str, item->len, JSON_LIMITS_REQUEST, &json, &ignored) == ERR_OK)
        return json;
    struct buf text = BUF_INIT;
    json_add_string(&text, item->str == NULL ? "" : item->str, item->len);
    if (json_parse(text.data, text.len, JSON_LIMITS_REQUEST, &json, &ignored) != ERR_OK)
        json = NULL;
    buf_fini(&text);
    return json;
}

static bool is_full(struct json_object *array)
{
    return json_object_array_length(array) >= ENGINE_SHOWN;
}

/* {queue, worker, chunk} for each entry; `worker` NULL for a list that is nobody's. */
static void add_chunks(struct json_object *array, const redisReply *reply, int queue, const char *worker)
{
    for (size_t i = 0; i < redis_count(reply) && !is_full(array); i++) {
        struct json_object *json = json_object_new_object();
        json_object_object_add(json, "queue", json_object_new_string(queue_names[queue]));
        if (worker != NULL)
            json_object_object_add(json, "worker", json_object_new_string(worker));
        json_object_object_add(json, "chunk", entry(redis_item(reply, i)));
        json_object_array_add(array, json);
    }
}

static enum err add_active(const struct dispatch *dispatch, struct redis_args *args, int queue,
                           struct json_object *workers, struct json_object *chunks, struct err_info *error)
{
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < json_object_array_length(workers) && !is_full(chunks); i++) {
        const char *worker = json_get_string(json_object_array_get_idx(workers, i), "worker");
        redis_arg(args, "LRANGE");
        name_active(args, dispatch->prefix, queue, worker);
        first_of(args);
        redisReply *reply = list(dispatch, args, &err, error);
        add_chunks(chunks, reply, queue, worker);
        freeReplyObject(reply);
    }
    return err;
}

static enum err add_suspects(const struct dispatch *dispatch, struct redis_args *args, int queue,
                             struct json_object *suspects, struct err_info *error)
{
    enum err err = ERR_OK;
    redis_arg(args, "LRANGE");
    name_suspects(args, dispatch->prefix, queue);
    first_of(args);
    redisReply *reply = list(dispatch, args, &err, error);
    add_chunks(suspects, reply, queue, NULL);
    freeReplyObject(reply);
    return err;
}

static enum err add_delayed(const struct dispatch *dispatch, struct redis_args *args, int queue,
                            struct json_object *delayed, struct err_info *error)
{
    enum err err = ERR_OK;
    char due_at[CLOCK_ISO_MAX];
    redis_arg(args, "ZRANGE");
    name_delayed(args, dispatch->prefix, queue);
    first_of(args);
    redis_arg(args, "WITHSCORES");
    redisReply *reply = list(dispatch, args, &err, error);
    for (size_t i = 0; i + 1 < redis_count(reply) && !is_full(delayed); i += 2) {
        struct json_object *json = json_object_new_object();
        clock_iso8601_ms(redis_int(redis_item(reply, i + 1)) * US_PER_MS, due_at);
        json_object_object_add(json, "queue", json_object_new_string(queue_names[queue]));
        json_object_object_add(json, "operation_id", json_object_new_string(redis_text(redis_item(reply, i))));
        json_object_object_add(json, "due_at", json_object_new_string(due_at));
        json_object_array_add(delayed, json);
    }
    freeReplyObject(reply);
    return err;
}

static enum err add_rejected(const struct dispatch *dispatch, struct redis_args *args, struct json_object *rejected,
                             struct err_info *error)
{
    enum err err = ERR_OK;
    redis_arg(args, "LRANGE");
    name_plain(args, dispatch->prefix, "inbox:rejected");
    first_of(args);
    redisReply *reply = list(dispatch, args, &err, error);
    for (size_t i = 0; i < redis_count(reply); i++)
        json_object_array_add(rejected, entry(redis_item(reply, i)));
    freeReplyObject(reply);
    return err;
}

enum err engine_contents(const struct dispatch *dispatch, struct json_object *workers, struct json_object **contents,
                         struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    struct json_object *json = json_object_new_object(), *chunks = json_object_new_array(),
                       *delayed = json_object_new_array(), *suspects = json_object_new_array(),
                       *rejected = json_object_new_array();
    json_object_object_add(json, "chunks", chunks);
    json_object_object_add(json, "delayed", delayed);
    json_object_object_add(json, "suspects", suspects);
    json_object_object_add(json, "rejected", rejected);
    enum err err = ERR_OK;
    for (int q = 0; q < QUEUE_COUNT && err == ERR_OK; q++) {
        err = add_active(dispatch, args, q, workers, chunks, error);
        if (err == ERR_OK)
            err = add_delayed(dispatch, args, q, delayed, error);
        if (err == ERR_OK)
            err = add_suspects(dispatch, args, q, suspects, error);
    }
    if (err == ERR_OK)
        err = add_rejected(dispatch, args, rejected, error);
    redis_args_drop(args);
    if (err == ERR_OK)
        *contents = json;
    else
        json_object_put(json);
    return err;
}
