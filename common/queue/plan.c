/*
 * Planning a phase: jobs are written in steps of at most PLAN_STEP rows, each in a transaction that checks the state
 * first and moves the cursor last, so that a cancel waits for one step and two planners never plan a row twice (RP001).
 * Three failures end the operation, with the reason. Called by what accepts a request, for the first step, and by the
 * sweep.
 */
#include "common/queue/plan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/fault.h"
#include "common/base/json.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/queue/recipe.h"
#include "embedded/sql_queue.h"
#include "embedded/sql_session.h"

/* A phase of an operation as it stands in its row. */
struct phase {
    const struct kind *kind;
    const struct selection *selection;
};

static enum err find_phase(const struct kind_table *kinds, const struct operation *operation, struct phase *phase,
                           struct err_info *error)
{
    struct json_object *all = NULL;
    enum err err = json_parse(operation->phases, strlen(operation->phases), JSON_LIMITS_REQUEST, &all, error);
    if (err != ERR_OK)
        return err;
    struct json_object *one = json_object_array_get_idx(all, (size_t)operation->tally.phase);
    const char *job = json_get_string(one, "job"), *over = json_get_string(one, "over");
    phase->kind = job == NULL ? NULL : kind_find(kinds, job);
    phase->selection = phase->kind == NULL || over == NULL ? NULL : selection_find(phase->kind, over);
    if (phase->selection == NULL)
        err = err_set(error, ERR_PERMANENT, "this program knows no job %s over %s", job == NULL ? "?" : job,
                      over == NULL ? "?" : over);
    json_object_put(all);
    return err;
}

void plan_add_jobs(struct pg_batch *batch, const struct sql *plan, const struct operation *operation, const char *kind)
{
    struct pg_args *args = pg_batch_add(batch, plan);
    pg_arg_text(args, operation->tally.operation_id);
    pg_arg_int8(args, operation->tally.last_seq);
    pg_arg_int4(args, operation->tally.phase);
    pg_arg_text(args, kind);
    pg_arg_text(args, operation->args);
    pg_arg_text(args, operation->plan_cursor);
    pg_arg_int4(args, PLAN_STEP);
}

/* What a step has written. */
struct step {
    int64_t planned;
    char *cursor; /* NULL = where it was */
};

static enum err insert_jobs(struct pg *pg, const struct operation *operation, const struct phase *phase,
                            struct step *step, struct err_info *error)
{
    assert(phase->selection != NULL);
    if (phase->selection->plan == NULL) {
        struct recipe_step asked = {operation, phase->kind->name, PLAN_STEP};
        struct recipe_planned planned;
        enum err err = recipe_plan(pg, &asked, &planned, error);
        step->planned = planned.count;
        step->cursor = planned.cursor;
        return err;
    }
    struct pg_batch *batch = pg_batch_new();
    plan_add_jobs(batch, phase->selection->plan, operation, phase->kind->name);
    enum err err = pg_batch_run(pg, batch, error);
    if (err == ERR_OK) {
        const PGresult *result = pg_batch_result(batch, 0);
        step->planned = pg_int8(result, 0, 0);
        step->cursor = pg_is_null(result, 0, 1) ? NULL : mem_strdup(pg_text(result, 0, 1));
    }
    pg_batch_drop(batch);
    return err;
}

static enum err move_cursor(struct pg *pg, struct pg_batch *batch, const struct operation *operation,
                            const struct step *step, struct err_info *error)
{
    pg_batch_reset(batch);
    struct pg_args *args = pg_batch_add(batch, &sql_queue_plan_tally);
    pg_arg_text(args, operation->tally.operation_id);
    pg_arg_int4(args, operation->tally.phase);
    pg_arg_text(args, operation->plan_cursor);
    pg_arg_int8(args, operation->tally.last_seq);
    pg_arg_int8(args, step->planned);
    pg_arg_text(args, step->cursor == NULL ? operation->plan_cursor : step->cursor);
    pg_arg_bool(args, step->planned < PLAN_STEP);
    pg_batch_add(batch, &sql_session_commit);
    return pg_batch_run(pg, batch, error);
}

/* The transaction's work, after the planner's lock is held. */
static enum err step_write(struct pg *pg, const struct kind_table *kinds, const struct operation *operation,
                           struct tally *tally, struct err_info *error)
{
    struct phase phase;
    struct step step = {0, NULL};
    struct pg_batch *cursor = pg_batch_new();
    enum err err = find_phase(kinds, operation, &phase, error);
    if (err == ERR_OK)
        err = insert_jobs(pg, operation, &phase, &step, error);
    FAULT_POINT("plan.inserted");
    if (err == ERR_OK)
        err = move_cursor(pg, cursor, operation, &step, error);
    if (err == ERR_OK)
        tally_read(pg_batch_result(cursor, 0), 0, tally);
    pg_batch_drop(cursor);
    free(step.cursor);
    return err;
}

static enum err step_begin(struct pg *pg, const char *operation_id, enum plan_status *status, struct err_info *error)
{
    struct pg_batch *batch = pg_batch_new();
    pg_batch_add(batch, &sql_session_begin);
    pg_arg_text(pg_batch_add(batch, &sql_queue_plan_lock), operation_id);
    enum err err = pg_batch_run(pg, batch, error);
    *status = err == ERR_OK && !pg_bool(pg_batch_result(batch, 1), 0, 0) ? PLAN_ELSEWHERE : PLAN_MORE;
    pg_batch_drop(batch);
    return err;
}

/* What a failed step means: whether it was lost to another planner, to a store, or by its own fault. */
static enum err note_failure(struct pg *pg, const struct operation *operation, enum plan_status *status,
                             struct err_info *error)
{
    if (error->code == ERR_FENCED)
        return ERR_OK; /* another planner was quicker, or the operation does not run any more */
    if (error->code == ERR_RETRY || error->code == ERR_UNREACHABLE)
        return error->code;
    struct err_info reason = *error, second = {0};
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, operation->tally.operation_id);
    pg_arg_int4(args, operation->tally.phase);
    pg_arg_text(args, reason.text);
    PGresult *result = NULL;
    enum err err = pg_exec(pg, &sql_queue_plan_failed, args, &result, &second);
    if (err == ERR_OK && pg_rows(result) > 0 && strcmp(pg_text(result, 0, 0), "failed") == 0)
        *status = PLAN_DONE;
    PQclear(result);
    pg_args_drop(args);
    log_error("planning phase %d of %s failed: %s", operation->tally.phase, operation->tally.operation_id, reason.text);
    if (err != ERR_OK)
        *error = second;
    return err;
}

/* Plans made on an empty table are wrong on a full one. Only a hint: where another analyzes at this moment, it is
 * skipped. */
static void analyze(struct pg *pg)
{
    struct err_info ignored;
    if (pg_exec(pg, &sql_queue_plan_analyze, NULL, NULL, &ignored) != ERR_OK)
        log_info("the table of jobs was not analyzed: %s", ignored.text);
}

/* The operation does not run: says what it is. */
static enum err progress_read(struct pg *pg, const char *operation_id, enum plan_status *status, struct tally *tally,
                              struct err_info *error)
{
    struct operation *operation = NULL;
    enum err err = operation_get(pg, operation_id, &operation, error);
    if (err == ERR_OK)
        *tally = operation->tally;
    *status = PLAN_DONE;
    operation_drop(operation);
    return err;
}

enum err plan_step(struct pg *pg, const struct kind_table *kinds, const char *operation_id, enum plan_status *status,
                   struct tally *tally, struct err_info *error)
{
    struct operation *operation = NULL;
    enum err err = step_begin(pg, operation_id, status, error);
    if (err == ERR_OK)
        err = operation_get(pg, operation_id, &operation, error);
    if (err == ERR_OK)
        *tally = operation->tally;
    bool to_do = err == ERR_OK && *status == PLAN_MORE && tally->state == OP_RUNNING && !tally->planned;
    if (to_do)
        err = step_write(pg, kinds, operation, tally, error);
    pg_abort(pg);
    if (operation != NULL && err != ERR_OK)
        err = note_failure(pg, operation, status, error);
    else if (err == ERR_FENCED)
        err = progress_read(pg, operation_id, status, tally, error);
    else if (err == ERR_OK && *status == PLAN_MORE && (!to_do || tally->planned))
        *status = PLAN_DONE;
    if (err == ERR_OK && to_do && *status == PLAN_DONE && tally->planned && tally->total >= PLAN_STEP)
        analyze(pg);
    operation_drop(operation);
    return err;
}
