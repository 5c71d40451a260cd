/*
 * The installation itself: health, readiness, metrics, the stream of events, the API document; the first page and the
 * queues. Each answers as far as it can while a store is away, and says which one is.
 */
#include <json-c/linkhash.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/query/engine.h"
#include "common/query/overview.h"
#include "common/queue/dispatch.h"
#include "dashboard/call.h"
#include "dashboard/metrics.h"
#include "dashboard/run.h"
#include "embedded/sql_dashboard.h"

/* ---- alive, ready, and what it counts ---------------------------------------------------------------------------- */

/* Only marks the call: the loop makes the stream (exchange.c). */
enum err run_events(struct call *call, struct err_info *error)
{
    (void)error;
    call->reply.kind = REPLY_EVENTS;
    call->reply.status = 200;
    return ERR_OK;
}

enum err run_health(struct call *call, struct err_info *error)
{
    (void)error;
    struct json_object *json = json_object_new_object();
    json_object_object_add(json, "status", json_object_new_string("ok"));
    json_object_object_add(json, "version", json_object_new_string(REPRISE_VERSION));
    call_reply(call, 200, json);
    return ERR_OK;
}

/* Both stores answer and a worker is alive. */
enum err run_ready(struct call *call, struct err_info *error)
{
    struct call_executor *executor = call->executor;
    struct err_info store_error = {0};
    int64_t workers = 0;
    (void)error;
    bool postgres = atomic_load(&executor->pool->prepared) && pg_ready(executor->pg, &store_error) == ERR_OK;
    bool redis = dispatch_live_workers(&executor->dispatch, &workers, &store_error) == ERR_OK;
    bool ready = postgres && redis && workers > 0;
    struct json_object *json = json_object_new_object();
    json_object_object_add(json, "ready", json_object_new_boolean(ready));
    json_object_object_add(json, "postgres", json_object_new_boolean(postgres));
    json_object_object_add(json, "redis", json_object_new_boolean(redis));
    json_object_object_add(json, "workers", redis ? json_object_new_int64(workers) : NULL);
    call_reply(call, ready ? 200 : 503, json);
    return ERR_OK;
}

static void store_up(struct buf *out, const char *store, bool up)
{
    buf_addf(out, "reprise_store_up{store=\"%s\"} %d\n", store, up);
}

/* A store that does not answer is a metric too: the scrape succeeds with what there is. */
enum err run_metrics(struct call *call, struct err_info *error)
{
    (void)error;
    struct call_executor *executor = call->executor;
    struct buf *out = &call->reply.text;
    struct err_info store_error = {0};
    struct json_object *workers = NULL, *queues = NULL, *kinds = NULL;
    bool postgres = atomic_load(&executor->pool->prepared) && pg_ready(executor->pg, &store_error) == ERR_OK;
    bool redis = engine_workers(&executor->dispatch, &workers, &store_error) == ERR_OK;
    buf_add_str(out, "# HELP reprise_store_up Whether a store answers.\n# TYPE reprise_store_up gauge\n");
    store_up(out, "postgres", postgres);
    store_up(out, "redis", redis);
    if (redis)
        metrics_workers(workers, out);
    if (redis && postgres && engine_queues(&executor->dispatch, executor->pg, workers, &queues, &store_error) == ERR_OK)
        metrics_queues(queues, out);
    if (postgres && activity_ever(executor->pg, &kinds, &store_error) == ERR_OK)
        metrics_activity(kinds, out);
    metrics_requests(out);
    json_object_put(kinds);
    json_object_put(queues);
    json_object_put(workers);
    call->reply.type = "text/plain; version=0.0.4; charset=utf-8";
    return ERR_OK;
}

enum err run_openapi(struct call *call, struct err_info *error)
{
    (void)error;
    buf_add_str(&call->reply.text, openapi_text());
    call->reply.status = 200;
    return ERR_OK;
}

/* ---- the first page, and the queues ------------------------------------------------------------------------------ */

/* Moves the members of one object into another. */
static void members_move(struct json_object *into, struct json_object *from)
{
    json_object_object_foreach(from, key, value)
    {
        json_object_object_add(into, key, json_object_get(value));
    }
}

/* {queues, inbox, workers}. */
static enum err read_engine(struct call *call, struct json_object *into, struct json_object **workers,
                            struct err_info *error)
{
    struct call_executor *executor = call->executor;
    struct json_object *queues = NULL;
    enum err err = engine_workers(&executor->dispatch, workers, error);
    if (err == ERR_OK)
        err = engine_queues(&executor->dispatch, executor->pg, *workers, &queues, error);
    if (err == ERR_OK) {
        members_move(into, queues);
        json_object_object_add(into, "workers", json_object_get(*workers));
    }
    json_object_put(queues);
    return err;
}

/* While Redis is away the answer has what PostgreSQL knows, and `redis` is false. */
enum err run_overview(struct call *call, struct err_info *error)
{
    struct query_params params = call_params(call);
    struct query_result result = {0};
    struct json_object *workers = NULL;
    struct err_info away = {0};
    enum err err = overview_read(call->executor->pg, &params, &result, error);
    if (err != ERR_OK)
        return err;
    struct json_object *json = json_object_get(result.json);
    query_result_fini(&result);
    bool redis = read_engine(call, json, &workers, &away) == ERR_OK;
    json_object_object_add(json, "redis", json_object_new_boolean(redis));
    json_object_put(workers);
    call_reply(call, 200, json);
    return ERR_OK;
}

static bool is_among(const PGresult *ids, const char *id)
{
    for (int row = 0; row < pg_rows(ids); row++)
        if (id != NULL && strcmp(pg_text(ids, row, 0), id) == 0)
            return true;
    return false;
}

/* Redis keeps the time of a retry until it has come, also where the operation ended before: nothing waits there. */
static enum err drop_ended(struct pg *pg, struct json_object *contents, struct err_info *error)
{
    struct json_object *delayed = json_get(contents, "delayed");
    size_t count = json_object_is_type(delayed, json_type_array) ? json_object_array_length(delayed) : 0;
    const char **ids = mem_array(count + 1, sizeof *ids);
    struct pg_args *args = pg_args_new();
    PGresult *ended = NULL;
    for (size_t i = 0; i < count; i++)
        ids[i] = json_get_string(json_object_array_get_idx(delayed, i), "operation_id");
    pg_arg_texts(args, ids, count);
    enum err err = count == 0 ? ERR_OK : pg_exec(pg, &sql_dashboard_ended, args, &ended, error);
    for (size_t i = count; err == ERR_OK && i > 0; i--)
        if (is_among(ended, ids[i - 1]))
            json_object_array_del_idx(delayed, i - 1, 1);
    PQclear(ended);
    pg_args_drop(args);
    free(ids);
    return err;
}

enum err run_queue(struct call *call, struct err_info *error)
{
    struct json_object *json = json_object_new_object(), *workers = NULL, *contents = NULL;
    enum err err = read_engine(call, json, &workers, error);
    if (err == ERR_OK)
        err = engine_contents(&call->executor->dispatch, workers, &contents, error);
    if (err == ERR_OK)
        err = drop_ended(call->executor->pg, contents, error);
    if (err == ERR_OK) {
        members_move(json, contents);
        call_reply(call, 200, json_object_get(json));
    }
    json_object_put(contents);
    json_object_put(workers);
    json_object_put(json);
    return err;
}
