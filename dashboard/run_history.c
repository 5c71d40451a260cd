/* The workflow history: bringing it up to date, and mending costs. */
#include <string.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/json.h"
#include "common/query/history_results.h"
#include "dashboard/desk.h"
#include "dashboard/run.h"
#include "dashboard/submit.h"
#include "embedded/sql.h"

#define WAIT_MS INT64_C(60000)
#define NAP_FIRST_MS 5
#define NAP_LAST_MS 200

/* ---- waiting for the end --------------------------------------------------------------------------------------- */

static void nap(int64_t ms)
{
    nanosleep(
        &(struct timespec){.tv_sec = (time_t)(ms / CLOCK_MS_PER_S), .tv_nsec = (long)(ms % CLOCK_MS_PER_S) * 1000000},
        NULL);
}

static enum err has_ended(struct pg *pg, const char *operation_id, bool *ended, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    PGresult *result = NULL;
    pg_arg_text(args, operation_id);
    enum err err = pg_exec(pg, &sql_dashboard_progress, args, &result, error);
    *ended = err == ERR_OK && pg_rows(result) == 1 && !pg_is_null(result, 0, PQfnumber(result, "finished_at"));
    PQclear(result);
    pg_args_drop(args);
    return err;
}

/* `*ended` is false where the time was too short. */
static enum err await_end(struct pg *pg, const char *operation_id, bool *ended, struct err_info *error)
{
    int64_t deadline_ms = clock_mono_ms() + WAIT_MS, nap_ms = NAP_FIRST_MS;
    enum err err = has_ended(pg, operation_id, ended, error);
    while (err == ERR_OK && !*ended && clock_mono_ms() < deadline_ms) {
        nap(nap_ms);
        nap_ms = nap_ms * 2 < NAP_LAST_MS ? nap_ms * 2 : NAP_LAST_MS;
        err = has_ended(pg, operation_id, ended, error);
    }
    return err;
}

/* ---- re-sync of costs ------------------------------------------------------------------------------------------ */

/* What a re-sync has done: {resynced_count, workflows, errors, operation_id}. */
static struct json_object *resynced(const char *operation_id, int64_t count, struct json_object *workflows,
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
    enum err err = pg_exec(call->desk->pg, &sql_dashboard_failures, args, &result, error);
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
    struct asked asked = {operation_value, operation_id, ASKED_BY_PARAMETERS};
    struct json_object *errors = json_object_new_array();
    struct answer answer = {0};
    enum err err = history_results_recosts(call->desk->pg, &asked, &answer, error);
    if (err == ERR_OK)
        err = add_failures(call, operation_id, errors, error);
    if (err == ERR_OK) {
        struct json_object *workflows = json_get(answer.json, "workflows");
        int64_t count = json_get_int(answer.json, "successful", 0);
        call_reply(call, 200, resynced(operation_id, count, json_object_get(workflows), json_object_get(errors)));
    }
    json_object_put(errors);
    answer_fini(&answer);
    return err;
}

/* The parameters of the URL that the definition takes, each in its type. */
static enum err read_args(struct call *call, bool one, struct json_object **args, struct err_info *error)
{
    static const char *const texts[] = {"adw_id", "from", "to"};
    struct asked asked = call_asked(call);
    bool force = false;
    enum err err = asked_flag(&asked, "force", &force, error);
    if (err != ERR_OK)
        return err;
    *args = json_object_new_object();
    json_object_object_add(*args, "force", json_object_new_boolean(force));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (call_value(call, texts[i]) != NULL)
            json_object_object_add(*args, texts[i], json_object_new_string(call_value(call, texts[i])));
    const char *status = call_value(call, "status");
    if (status != NULL && !one) {
        struct json_object *statuses = json_object_new_array();
        json_object_array_add(statuses, json_object_new_string(status));
        json_object_object_add(*args, "status", statuses);
    }
    return ERR_OK;
}

/* One run: waits for it. All: answers at once, or with `wait` when it has ended, unless that takes too long. */
enum err run_resync_costs(struct call *call, struct err_info *error)
{
    struct asked asked = call_asked(call);
    struct submission submission = {0};
    struct json_object *args = NULL;
    bool one = call_value(call, "adw_id") != NULL, wait = one, ended = false;
    enum err err = call_value(call, "wait") == NULL ? ERR_OK : asked_flag(&asked, "wait", &wait, error);
    if (err == ERR_OK)
        err = read_args(call, one, &args, error);
    if (err != ERR_OK)
        return err;
    err = submit_quietly(call, one ? "resync-cost" : "resync-costs", args, &submission, error);
    const char *id = submission.accepted.operation_id;
    if (err == ERR_OK && wait && submission.dispatched && submission.live_workers > 0)
        err = await_end(call->desk->pg, id, &ended, error);
    if (err == ERR_OK && ended)
        err = reply_ended(call, id, error);
    else if (err == ERR_OK)
        call_reply(call, 202, resynced(id, 0, json_object_new_array(), json_object_new_array()));
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
