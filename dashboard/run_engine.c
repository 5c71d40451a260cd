/* The first page, and the queues: what PostgreSQL knows, and what Redis holds as far as it answers. */
#include <json-c/linkhash.h>

#include "common/base/json.h"
#include "common/query/engine.h"
#include "common/query/overview.h"
#include "dashboard/call_executor.h"
#include "dashboard/run.h"

/* Moves the members of one object into another. */
static void merge(struct json_object *into, struct json_object *from)
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
    struct desk *desk = call->desk;
    struct json_object *queues = NULL;
    enum err err = engine_workers(&desk->dispatch, workers, error);
    if (err == ERR_OK)
        err = engine_queues(&desk->dispatch, desk->pg, *workers, &queues, error);
    if (err == ERR_OK) {
        merge(into, queues);
        json_object_object_add(into, "workers", json_object_get(*workers));
    }
    json_object_put(queues);
    return err;
}

/* With Redis away the page still says what PostgreSQL knows, and that Redis is away. */
enum err run_overview(struct call *call, struct err_info *error)
{
    struct query_params asked = call_asked(call);
    struct query_result answer = {0};
    struct json_object *workers = NULL;
    struct err_info away = {0};
    enum err err = overview_read(call->desk->pg, &asked, &answer, error);
    if (err != ERR_OK)
        return err;
    struct json_object *json = json_object_get(answer.json);
    query_result_fini(&answer);
    bool redis = read_engine(call, json, &workers, &away) == ERR_OK;
    json_object_object_add(json, "redis", json_object_new_boolean(redis));
    json_object_put(workers);
    call_reply(call, 200, json);
    return ERR_OK;
}

enum err run_queue(struct call *call, struct err_info *error)
{
    struct json_object *json = json_object_new_object(), *workers = NULL, *contents = NULL;
    enum err err = read_engine(call, json, &workers, error);
    if (err == ERR_OK)
        err = engine_contents(&call->desk->dispatch, workers, &contents, error);
    if (err == ERR_OK) {
        merge(json, contents);
        call_reply(call, 200, json_object_get(json));
    }
    json_object_put(contents);
    json_object_put(workers);
    json_object_put(json);
    return err;
}
