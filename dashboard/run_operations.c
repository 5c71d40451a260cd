/*
 * One operation: its progress, and what changes its state (cancel, pause, resume, retry). PostgreSQL decides each
 * change; Redis is then told, and where that fails the sweep repairs it. A cancel is answered after its last commit
 * (docs/invariants.md). Progress is read for many callers in one turn, for every open page asks again and again.
 */
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/json.h"
#include "common/base/log.h"
#include "common/query/operations.h"
#include "common/query/query_result.h"
#include "common/queue/redis_owner.h"
#include "dashboard/call.h"
#include "dashboard/run.h"
#include "dashboard/shell_commands.h"
#include "dashboard/submit.h"
#include "embedded/sql_dashboard.h"

/* Without a live worker there is no rate, and no time left; null where Redis does not say. */
static void add_live_workers(const struct call *call, struct json_object *operation)
{
    struct err_info ignored = {0};
    int64_t workers = 0;
    bool is_known = dispatch_live_workers(&call->executor->dispatch, &workers, &ignored) == ERR_OK;
    json_object_object_add(operation, "live_workers", is_known ? json_object_new_int64(workers) : NULL);
    if (!is_known || workers > 0)
        return;
    json_object_object_add(operation, "rate_per_s", NULL);
    json_object_object_add(operation, "eta_s", NULL);
}

/* All of one operation, with the command lines that do the same by hand, and whether a worker is there to do it. */
enum err run_operation(struct call *call, struct err_info *error)
{
    struct query_params params = call_params(call);
    struct query_result result = {0};
    const struct config *config = call_config(call);
    enum err err = operations_one(call->executor->pg, &params, &result, error);
    if (err != ERR_OK)
        return err;
    struct shell_redis redis = {config->redis_url, config->redis_prefix};
    json_object_object_add(result.json, "commands", shell_commands(result.json, redis));
    add_live_workers(call, result.json);
    call_reply(call, 200, json_object_get(result.json));
    query_result_fini(&result);
    return ERR_OK;
}

/* ---- progress ---------------------------------------------------------------------------------------------------- */

/* Over the whole of its life; null where nothing can be said. */
static void add_rate(struct json_object *json)
{
    int64_t completed = json_get_int(json, "completed", 0), total = json_get_int(json, "total", 0),
            elapsed_ms = json_get_int(json, "elapsed_ms", 0);
    bool runs = strcmp(json_get_string(json, "state"), "running") == 0;
    double rate = completed > 0 && elapsed_ms > 0 ? (double)completed * (double)CLOCK_MS_PER_S / (double)elapsed_ms : 0;
    bool ends = runs && rate > 0 && json_get_bool(json, "planned", false);
    json_object_object_add(json, "rate_per_s", rate > 0 ? json_object_new_double(rate) : NULL);
    json_object_object_add(json, "eta_s",
                           ends ? json_object_new_int64((int64_t)((double)(total - completed) / rate)) : NULL);
}

static void reply_progress(struct call *call, const PGresult *result)
{
    struct err_info error;
    if (pg_rows(result) == 0) {
        err_set(&error, ERR_NOT_FOUND, "Operation not found or expired"); /* existing dashboards know this text */
        call_reply_error(call, &error);
        return;
    }
    struct json_object *json = row_json(result, 0);
    add_rate(json);
    call_reply(call, 200, json);
}

/* Pages that follow an operation ask for it again and again: those that ask at the same time share a turn. */
void run_progress(struct call *const *calls, size_t count)
{
    struct err_info error = {0};
    struct pg_batch *batch = pg_batch_new();
    for (size_t i = 0; i < count; i++)
        pg_arg_text(pg_batch_add(batch, &sql_dashboard_progress), call_value(calls[i], "operation_id"));
    enum err err = pg_batch_run(calls[0]->executor->pg, batch, &error);
    for (size_t i = 0; i < count; i++)
        if (err == ERR_OK)
            reply_progress(calls[i], pg_batch_result(batch, (int)i));
        else
            call_reply_error(calls[i], &error);
    pg_batch_drop(batch);
}

/* ---- cancel, pause, resume --------------------------------------------------------------------------------------- */

typedef enum err change_state(struct pg *pg, const char *operation_id, struct tally *tally, struct err_info *error);
typedef enum err redis_update(const struct dispatch *dispatch, struct pg *pg, const char *operation_id,
                              struct err_info *error);

static struct json_object *tally_json(const struct tally *tally, const char *message)
{
    struct json_object *json = json_object_new_object();
    int64_t settled = tally_settled(tally);
    json_object_object_add(json, "message", json_object_new_string(message));
    json_object_object_add(json, "operation_id", json_object_new_string(tally->operation_id));
    json_object_object_add(json, "state", json_object_new_string(op_state_name(tally->state)));
    json_object_object_add(json, "total", json_object_new_int64(tally->total));
    json_object_object_add(json, "completed", json_object_new_int64(settled));
    json_object_object_add(json, "succeeded", json_object_new_int64(tally->succeeded));
    json_object_object_add(json, "failed", json_object_new_int64(tally->failed));
    json_object_object_add(json, "skipped", json_object_new_int64(tally->skipped));
    json_object_object_add(json, "never_started",
                           json_object_new_int64(tally->state == OP_CANCELLED ? tally->total - settled : 0));
    json_object_object_add(json, "cancelled", json_object_new_boolean(tally->state == OP_CANCELLED));
    return json;
}

/* PostgreSQL decides; then Redis gets the new state, from the sweep where that fails. */
static enum err state_change(struct call *call, change_state *to, redis_update *update, const char *message,
                             struct err_info *error)
{
    struct call_executor *executor = call->executor;
    struct tally tally = {0};
    struct err_info redis_error = {0};
    const char *id = call_value(call, "operation_id");
    enum err err = to(executor->pg, id, &tally, error);
    if (err == ERR_NOT_FOUND)
        err_set(error, ERR_NOT_FOUND, "Operation not found or expired");
    if (err != ERR_OK)
        return err;
    err = redis_owner_check(&executor->dispatch, executor->pg, &redis_error);
    if (err == ERR_OK)
        err = update(&executor->dispatch, executor->pg, id, &redis_error);
    if (err != ERR_OK)
        log_warn("%s: Redis is brought up to date by the sweep: %s", id, redis_error.text);
    log_info("%s: %s, by %s", id, message, call->caller.name);
    call_reply(call, 200, tally_json(&tally, message));
    return ERR_OK;
}

enum err run_cancel(struct call *call, struct err_info *error)
{
    return state_change(call, operation_cancel, dispatch_refresh, "Operation cancelled", error);
}

enum err run_pause(struct call *call, struct err_info *error)
{
    return state_change(call, operation_pause, dispatch_refresh, "Operation paused", error);
}

enum err run_resume(struct call *call, struct err_info *error)
{
    return state_change(call, operation_resume, dispatch_open, "Operation resumed", error);
}

/* ---- retry ------------------------------------------------------------------------------------------------------- */

/* The definition that tries the failures of an operation again: mostly the same one. */
static const char *retry_of(const char *definition)
{
    static const char *const pairs[][2] = {{"resync-link", "retry-link"},
                                           {"resync-app", "retry-app"},
                                           {"resync-all", "retry-all"},
                                           {"rescan", "retry-all"},
                                           {"rescan-failed", "retry-all"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (strcmp(pairs[i][0], definition) == 0)
            return pairs[i][1];
    return definition;
}

enum err run_retry_operation(struct call *call, struct err_info *error)
{
    struct operation *operation = NULL;
    struct json_object *args = NULL;
    enum err err = operation_get(call->executor->pg, call_value(call, "operation_id"), &operation, error);
    if (err != ERR_OK)
        return err == ERR_NOT_FOUND ? err_set(error, err, "Operation not found or expired") : err;
    const struct tally *tally = &operation->tally;
    if (tally_is_live(tally))
        err = err_set(error, ERR_CONFLICT, "the operation has not ended yet");
    else if (tally->state == OP_COMPLETED && tally->failed == 0)
        err = err_set(error, ERR_CONFLICT, "nothing of the operation has failed");
    const char *again = retry_of(operation->definition);
    bool is_wide = strcmp(again, "retry-all") == 0; /* it takes no arguments of rescan */
    if (err == ERR_OK && !is_wide)
        err = json_parse(operation->args, strlen(operation->args), JSON_LIMITS_REQUEST, &args, error);
    if (err == ERR_OK)
        err = submit(call, again, is_wide ? json_object_new_object() : args, "Retry queued", error);
    operation_drop(operation);
    return err;
}
