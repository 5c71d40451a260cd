/* The installation itself: is it alive, can it work, what does it count; and the stream of events. */
#include <string.h>

#include "common/query/activity.h"
#include "common/query/engine.h"
#include "common/queue/dispatch.h"
#include "dashboard/call_executor.h"
#include "dashboard/metrics.h"
#include "dashboard/openapi.h"
#include "dashboard/run.h"
#include "dashboard/traffic.h"

/* The loop makes a stream of it. */
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
    struct desk *desk = call->desk;
    struct err_info trouble = {0};
    int64_t workers = 0;
    (void)error;
    bool postgres = atomic_load(&desk->office->prepared) && pg_ready(desk->pg, &trouble) == ERR_OK;
    bool redis = dispatch_live_workers(&desk->dispatch, &workers, &trouble) == ERR_OK;
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
    struct desk *desk = call->desk;
    struct buf *out = &call->reply.text;
    struct err_info trouble = {0};
    struct json_object *workers = NULL, *queues = NULL, *kinds = NULL;
    bool postgres = atomic_load(&desk->office->prepared) && pg_ready(desk->pg, &trouble) == ERR_OK;
    bool redis = engine_workers(&desk->dispatch, &workers, &trouble) == ERR_OK;
    buf_add_str(out, "# HELP reprise_store_up Whether a store answers.\n# TYPE reprise_store_up gauge\n");
    store_up(out, "postgres", postgres);
    store_up(out, "redis", redis);
    if (redis)
        metrics_workers(workers, out);
    if (redis && postgres && engine_queues(&desk->dispatch, desk->pg, workers, &queues, &trouble) == ERR_OK)
        metrics_queues(queues, out);
    if (postgres && activity_ever(desk->pg, &kinds, &trouble) == ERR_OK)
        metrics_activity(kinds, out);
    traffic_write(out);
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
