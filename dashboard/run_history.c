/*
 * The workflow history: brings it up to date from the files (sync), and reads costs from the files again (re-sync).
 * Both are operations; a re-sync of one run, or one asked with `wait`, is answered when its operation has ended,
 * without an executor waiting (call_executor.h).
 */
#include <string.h>

#include "common/base/json.h"
#include "common/query/overview.h"
#include "dashboard/call.h"
#include "dashboard/call_executor.h"
#include "dashboard/run.h"
#include "dashboard/submit.h"
#include "embedded/sql_dashboard.h"

#define WAIT_MS INT64_C(60000)

/* ---- re-sync of costs -------------------------------------------------------------------------------------------- */

/* The answer of a re-sync: {resynced_count, workflows, errors, operation_id}. */
static struct json_object *resync_json(const char *operation_id, int64_t count, struct json_object *workflows,
                                       struct json_object *errors)
{
    struct json_object *json = json_object_new_object();
    json_object_object_add(json, "resynced_count", json_object_new_int64(count));
    json_object_object_add(json, "workflows", workflows);
    json_object_object_add(json, "errors", errors);
    json_object_object_add(json, "operation_id", json_object_new_string(operation_id));
    return json;
}

static enum err add_failures(struct call *call, const char *operation_id, struct json_object *errors,
                             struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    PGresult *result = NULL;
    pg_arg_text(args, operation_id);
    enum err err = pg_exec(call->executor->pg, &sql_dashboard_failures, args, &result, error);
    for (int row = 0; err == ERR_OK && row < pg_rows(result); row++) {
        struct json_object *json = json_object_new_object();
        json_object_object_add(json, "adw_id", json_object_new_string(pg_text(result, row, 0)));
        json_object_object_add(json, "error", json_object_new_string(pg_text(result, row, 1)));
        json_object_array_add(errors, json);
    }
    PQclear(result);
    pg_args_drop(args);
    return err;
}

static const char *operation_value(const void *from, const char *name)
{
    return strcmp(name, "operation_id") == 0 ? from : NULL;
}

static enum err reply_ended(struct call *call, const char *operation_id, struct err_info *error)
{
    struct query_params params = {operation_value, operation_id, QUERY_PARAMS_BY_PARAMETERS};
    struct json_object *errors = json_object_new_array();
    struct query_result result = {0};
    enum err err = history_results_recosts(call->executor->pg, &params, &result, error);
    if (err == ERR_OK)
        err = add_failures(call, operation_id, errors, error);
    if (err == ERR_OK) {
        struct json_object *workflows = json_get(result.json, "workflows");
        int64_t count = json_get_int(result.json, "successful", 0);
        call_reply(call, 200, resync_json(operation_id, count, json_object_get(workflows), json_object_get(errors)));
    }
    json_object_put(errors);
    query_result_fini(&result);
    return err;
}

/* One status or several, with commas between them, as the list of runs takes them. */
static struct json_object *statuses_of(const char *text)
{
    struct json_object *statuses = json_object_new_array();
    for (const char *at = text; at != NULL; at = *at == ',' ? at + 1 : NULL) {
        size_t len = strcspn(at, ",");
        json_object_array_add(statuses, json_object_new_string_len(at, (int)len));
        at += len;
    }
    return statuses;
}

/* The parameters of the URL that the definition takes, each in its type. */
static enum err read_args(struct call *call, bool one, struct json_object **args, struct err_info *error)
{
    static const char *const texts[] = {"adw_id", "from", "to", "model", "template", "search"};
    struct query_params params = call_params(call);
    bool force = false;
    enum err err = query_params_flag(&params, "force", &force, error);
    if (err != ERR_OK)
        return err;
    *args = json_object_new_object();
    json_object_object_add(*args, "force", json_object_new_boolean(force));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (call_value(call, texts[i]) != NULL)
            json_object_object_add(*args, texts[i], json_object_new_string(call_value(call, texts[i])));
    if (call_value(call, "status") != NULL && !one)
        json_object_object_add(*args, "status", statuses_of(call_value(call, "status")));
    return ERR_OK;
}

static void reply_begun(struct call *call, const char *operation_id)
{
    call_reply(call, 202, resync_json(operation_id, 0, json_object_new_array(), json_object_new_array()));
}

static enum err answer_waited(struct call *call, struct err_info *error)
{
    if (call->wait.ended)
        return reply_ended(call, call->wait.operation_id, error);
    reply_begun(call, call->wait.operation_id);
    return ERR_OK;
}

/* One run: waits for it. All: answers at once, or with `wait` when it has ended, unless that takes too long. */
enum err run_resync_costs(struct call *call, struct err_info *error)
{
    struct query_params params = call_params(call);
    struct submission submission = {0};
    struct json_object *args = NULL;
    bool one = call_value(call, "adw_id") != NULL, wait = one;
    enum err err = call_value(call, "wait") == NULL ? ERR_OK : query_params_flag(&params, "wait", &wait, error);
    if (err == ERR_OK)
        err = read_args(call, one, &args, error);
    if (err != ERR_OK)
        return err;
    err = submit_quietly(call, one ? "resync-cost" : "resync-costs", args, &submission, error);
    const char *id = submission.accepted.operation_id;
    if (err == ERR_OK && wait && submission.start.dispatched && submission.start.live_workers > 0)
        operation_waiter_wait(call, id, WAIT_MS, answer_waited);
    else if (err == ERR_OK)
        reply_begun(call, id);
    submission_fini(&submission);
    return err;
}

enum err run_sync_history(struct call *call, struct err_info *error)
{
    struct submission submission = {0};
    enum err err = submit_quietly(call, "sync-history", NULL, &submission, error);
    if (err == ERR_OK) {
        struct json_object *json = json_object_new_object();
        json_object_object_add(json, "operation_id", json_object_new_string(submission.accepted.operation_id));
        call_reply(call, 202, json);
    }
    submission_fini(&submission);
    return err;
}
