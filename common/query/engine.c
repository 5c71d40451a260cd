#include "common/query/engine.h"

#include <string.h>

#include "common/base/bounded.h"
#include "common/base/clock.h"
#include "common/base/json.h"
#include "common/queue/names.h"
#include "embedded/sql.h"

#define ALIVE_MS 5000
#define WORKERS_MAX 10000

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

static enum err redis_now(const struct dispatch *dispatch, struct redis_args *args, int64_t *now_ms,
                          struct err_info *error)
{
    redisReply *reply = NULL;
    redis_arg(args, "TIME");
    enum err err = command(dispatch, args, &reply, error);
    *now_ms = redis_int(redis_item(reply, 0)) * CLOCK_MS_PER_S + redis_int(redis_item(reply, 1)) / 1000;
    drop(reply);
    return err;
}

/* ---- workers --------------------------------------------------------------------------------------------------- */

/* What a worker says of itself, with its id and its last beat added; the caller's. */
static enum err worker_json(const struct dispatch *dispatch, struct redis_args *args, const char *id, int64_t silent_ms,
                            struct json_object **worker, struct err_info *error)
{
    redisReply *reply = NULL;
    struct json_object *said = NULL;
    struct err_info ignored = {0};
    redis_arg(args, "GET");
    name_worker(args, dispatch->prefix, id);
    enum err err = command(dispatch, args, &reply, error);
    if (err != ERR_OK)
        return err;
    const char *text = redis_text(reply);
    if (*text == '\0' || json_parse(text, strlen(text), JSON_LIMITS_REQUEST, &said, &ignored) != ERR_OK ||
        !json_object_is_type(said, json_type_object)) {
        json_object_put(said);
        said = json_object_new_object(); /* its beat ran out: only the id is known */
    }
    json_object_object_add(said, "worker", json_object_new_string(id));
    json_object_object_add(said, "alive", json_object_new_boolean(silent_ms < ALIVE_MS));
    json_object_object_add(said, "silent_ms", json_object_new_int64(silent_ms));
    *worker = said;
    drop(reply);
    return ERR_OK;
}

static enum err worker_ids(const struct dispatch *dispatch, struct redis_args *args, redisReply **ids,
                           struct err_info *error)
{
    redis_arg(args, "ZREVRANGE");
    name_plain(args, dispatch->prefix, "workers");
    redis_arg_int(args, 0);
    redis_arg_int(args, WORKERS_MAX - 1);
    redis_arg(args, "WITHSCORES");
    return command(dispatch, args, ids, error);
}

enum err engine_workers(const struct dispatch *dispatch, struct json_object **workers, struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    struct json_object *array = json_object_new_array();
    redisReply *ids = NULL;
    int64_t now_ms = 0;
    enum err err = redis_now(dispatch, args, &now_ms, error);
    if (err == ERR_OK)
        err = worker_ids(dispatch, args, &ids, error);
    for (size_t i = 0; err == ERR_OK && i + 1 < redis_count(ids); i += 2) {
        struct json_object *worker = NULL;
        int64_t silent_ms = bounded_subtract(now_ms, redis_int(redis_item(ids, i + 1)));
        const char *id = redis_text(redis_item(ids, i));
        err = worker_json(dispatch, args, id, silent_ms < 0 ? 0 : silent_ms, &worker, error);
        if (err == ERR_OK)
            json_object_array_add(array, worker);
    }
    drop(ids);
    redis_args_drop(args);
    if (err == ERR_OK)
        *workers = array;
    else
        json_object_put(array);
    return err;
}

/* ---- queues ---------------------------------------------------------------------------------------------------- */

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
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < json_object_array_length(workers); i++) {
        int64_t of_one = 0;
        redis_arg(args, "LLEN");
        name_active(args, dispatch->prefix, queue, worker_id(workers, i));
        err = length(dispatch, args, &of_one, error);
        *active += of_one;
    }
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
