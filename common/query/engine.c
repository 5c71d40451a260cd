/*
 * What Redis holds, for people: the workers and what each says of itself, queues with their lengths, and what stands in
 * the lists, cut to what a page can show. Asked by the dashboard and by `producer`; it only reads.
 */
#include "common/query/engine.h"

#include <string.h>

#include "common/base/clock.h"
#include "common/base/json.h"
#include "common/queue/names.h"
#include "common/queue/worker_list.h"
#include "embedded/lua.h"
#include "embedded/sql_query.h"

#define SILENT_MAX 500
#define SILENT_MS 60000

/* One command; the arguments are empty again afterwards. */
static enum err command(const struct dispatch *dispatch, struct redis_args *args, redisReply **reply,
                        struct err_info *error)
{
    enum err err = redis_run(dispatch->redis, args, reply, error);
    redis_args_reset(args);
    return err;
}

static void drop(redisReply *reply)
{
    if (reply != NULL)
        freeReplyObject(reply);
}

/* ---- workers ----------------------------------------------------------------------------------------------------- */

/* What a worker says of itself, with its id and its last beat added; the caller's. A worker without a beat is silent
 * for a minute, which a person should see; then it has ended, drained or dead, and others have what it held. */
static struct json_object *worker_json(const struct worker_list *list, size_t i)
{
    struct json_object *said = NULL;
    struct err_info ignored = {0};
    const char *text = worker_list_said(list, i);
    int64_t silent_ms = worker_list_silent_ms(list, i);
    const char *state = silent_ms < WORKER_ALIVE_MS ? "alive" : silent_ms < SILENT_MS ? "silent" : "ended";
    if (*text == '\0' || json_parse(text, strlen(text), JSON_LIMITS_REQUEST, &said, &ignored) != ERR_OK ||
        !json_object_is_type(said, json_type_object)) {
        json_object_put(said);
        said = json_object_new_object(); /* its beat ran out: only the id is known */
    }
    json_object_object_add(said, "worker", json_object_new_string(worker_list_id(list, i)));
    json_object_object_add(said, "alive", json_object_new_boolean(silent_ms < WORKER_ALIVE_MS));
    json_object_object_add(said, "state", json_object_new_string(state));
    json_object_object_add(said, "silent_ms", json_object_new_int64(silent_ms));
    return said;
}

/* Of those that are silent only the latest: no one reads thousands, and they may be made up. */
enum err engine_workers(const struct dispatch *dispatch, struct json_object **workers, struct err_info *error)
{
    struct worker_list list;
    enum err err = worker_list_read(dispatch, &list, error);
    size_t silent = 0;
    if (err == ERR_OK)
        *workers = json_object_new_array();
    for (size_t i = 0; err == ERR_OK && i < list.count; i++) {
        bool speaks = worker_list_said(&list, i)[0] != '\0';
        if (worker_list_has_ended(&list, i))
            continue;
        silent += speaks ? 0 : 1;
        if (speaks || silent <= SILENT_MAX)
            json_object_array_add(*workers, worker_json(&list, i));
    }
    worker_list_fini(&list);
    return err;
}

/* ---- queues ------------------------------------------------------------------------------------------------------ */

struct depth {
    int64_t queued, active, delayed, suspects; /* chunks; `delayed` counts operations */
    int64_t operations, open_jobs;             /* of PostgreSQL */
};

/* One command whose answer is a number; the key was appended. */
static enum err length(const struct dispatch *dispatch, struct redis_args *args, int64_t *number,
                       struct err_info *error)
{
    redisReply *reply = NULL;
    enum err err = command(dispatch, args, &reply, error);
    if (err == ERR_OK)
        *number = redis_int(reply);
    drop(reply);
    return err;
}

static const char *worker_id(struct json_object *workers, size_t i)
{
    return json_get_string(json_object_array_get_idx(workers, i), "worker");
}

static enum err read_active(const struct dispatch *dispatch, struct redis_args *args, int queue,
                            struct json_object *workers, int64_t *active, struct err_info *error)
{
    redisReply *reply = NULL;
    for (size_t i = 0; i < json_object_array_length(workers); i++)
        name_active(args, dispatch->prefix, queue, worker_id(workers, i));
    enum err err = redis_run_script(dispatch->redis, &lua_lengths, redis_args_count(args), args, &reply, error);
    redis_args_reset(args);
    *active = redis_int(reply);
    drop(reply);
    return err;
}

static enum err read_depth(const struct dispatch *dispatch, struct redis_args *args, int queue, struct depth *depth,
                           struct err_info *error)
{
    redis_arg(args, "LLEN");
    name_queue(args, dispatch->prefix, queue);
    enum err err = length(dispatch, args, &depth->queued, error);
    if (err != ERR_OK)
        return err;
    redis_arg(args, "ZCARD");
    name_delayed(args, dispatch->prefix, queue);
    err = length(dispatch, args, &depth->delayed, error);
    if (err != ERR_OK)
        return err;
    redis_arg(args, "LLEN");
    name_suspects(args, dispatch->prefix, queue);
    return length(dispatch, args, &depth->suspects, error);
}

static enum err read_live(struct pg *pg, struct depth *depths, struct err_info *error)
{
    PGresult *result = NULL;
    enum err err = pg_exec(pg, &sql_query_live_operations, NULL, &result, error);
    for (int row = 0; err == ERR_OK && row < pg_rows(result); row++) {
        int queue = queue_index(pg_text(result, row, 0));
        if (queue < 0)
            continue;
        depths[queue].operations = pg_int8(result, row, 1);
        depths[queue].open_jobs = pg_int8(result, row, 2);
    }
    PQclear(result);
    return err;
}

static enum err read_inbox(const struct dispatch *dispatch, struct redis_args *args, struct json_object **inbox,
                           struct err_info *error)
{
    int64_t waiting = 0, rejected = 0;
    redis_arg(args, "LLEN");
    name_plain(args, dispatch->prefix, "inbox");
    enum err err = length(dispatch, args, &waiting, error);
    if (err != ERR_OK)
        return err;
    redis_arg(args, "LLEN");
    name_plain(args, dispatch->prefix, "inbox:rejected");
    err = length(dispatch, args, &rejected, error);
    if (err != ERR_OK)
        return err;
    *inbox = json_object_new_object();
    json_object_object_add(*inbox, "waiting", json_object_new_int64(waiting));
    json_object_object_add(*inbox, "rejected", json_object_new_int64(rejected));
    return ERR_OK;
}

static struct json_object *depth_json(int queue, const struct depth *depth)
{
    struct json_object *json = json_object_new_object();
    json_object_object_add(json, "queue", json_object_new_string(queue_names[queue]));
    json_object_object_add(json, "operations", json_object_new_int64(depth->operations));
    json_object_object_add(json, "open_jobs", json_object_new_int64(depth->open_jobs));
    json_object_object_add(json, "queued_chunks", json_object_new_int64(depth->queued));
    json_object_object_add(json, "active_chunks", json_object_new_int64(depth->active));
    json_object_object_add(json, "delayed_operations", json_object_new_int64(depth->delayed));
    json_object_object_add(json, "suspect_chunks", json_object_new_int64(depth->suspects));
    return json;
}

enum err engine_queues(const struct dispatch *dispatch, struct pg *pg, struct json_object *workers,
                       struct json_object **queues, struct err_info *error)
{
    struct depth depths[QUEUE_COUNT] = {0};
    struct redis_args *args = redis_args_new();
    struct json_object *inbox = NULL;
    enum err err = read_live(pg, depths, error);
    for (int q = 0; q < QUEUE_COUNT && err == ERR_OK; q++) {
        err = read_depth(dispatch, args, q, &depths[q], error);
        if (err == ERR_OK)
            err = read_active(dispatch, args, q, workers, &depths[q].active, error);
    }
    if (err == ERR_OK)
        err = read_inbox(dispatch, args, &inbox, error);
    redis_args_drop(args);
    if (err != ERR_OK)
        return err;
    struct json_object *array = json_object_new_array();
    for (int q = 0; q < QUEUE_COUNT; q++)
        json_object_array_add(array, depth_json(q, &depths[q]));
    *queues = json_object_new_object();
    json_object_object_add(*queues, "queues", array);
    json_object_object_add(*queues, "inbox", inbox);
    return ERR_OK;
}

/* ---- contents ---------------------------------------------------------------------------------------------------- */

/* What stands in the lists of Redis, cut to what a page can show. */

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

/* {queue, worker, chunk} for each entry; `worker` NULL for a list of no worker. */
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
