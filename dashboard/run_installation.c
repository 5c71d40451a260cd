/* The installation itself: is it alive, can it work, what does it count; and the stream of events. */
#include <string.h>

#include "common/queue/dispatch.h"
#include "dashboard/desk.h"
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
    bool postgres = pg_ready(desk->pg, &trouble) == ERR_OK;
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

enum err run_metrics(struct call *call, struct err_info *error)
{
    (void)error;
    call->reply.type = "text/plain; version=0.0.4; charset=utf-8";
    traffic_write(&call->reply.text);
    return ERR_OK;
}

enum err run_openapi(struct call *call, struct err_info *error)
{
    (void)error;
    call_reply(call, 200, openapi_document());
    return ERR_OK;
}
