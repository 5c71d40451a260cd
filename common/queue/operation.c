/*
 * Looking operations up, and the four changes of their state. Cancel is two transactions on purpose: the flip by a
 * plain UPDATE refuses every later fence at once; the lock taken in the second waits for the checkpoints that hold the
 * tally for KEY SHARE. Locking first would starve behind a stream of checkpoints (docs/design.md, "Cancel, pause,
 * advance").
 */
#include "common/queue/operation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/store/pg.h"
#include "embedded/sql_queue.h"

static char *column_copy(const PGresult *result, int column)
{
    const char *text = pg_text(result, 0, column);
    return text == NULL ? NULL : mem_strdup(text);
}

static struct operation *operation_read(const PGresult *r)
{
    struct operation *o = mem_zalloc(sizeof *o);
    tally_read(r, 0, &o->tally);
    int c = TALLY_COLUMNS;
    o->definition = column_copy(r, c++);
    o->digest = column_copy(r, c++);
    o->args = column_copy(r, c++);
    o->subject = column_copy(r, c++);
    o->phases = column_copy(r, c++);
    o->queue = column_copy(r, c++);
    o->chunk = (int)pg_int8(r, 0, c++);
    o->window = (int)pg_int8(r, 0, c++);
    o->dry_run = pg_bool(r, 0, c++);
    o->single = pg_bool(r, 0, c++);
    o->requested_by = column_copy(r, c++);
    o->loaded = pg_bool(r, 0, c++);
    o->created_at = column_copy(r, c++);
    o->finished_at = column_copy(r, c++);
    o->error = column_copy(r, c++);
    o->plan_cursor = column_copy(r, c++);
    o->plan_failures = (int)pg_int8(r, 0, c);
    return o;
}

void operation_drop(struct operation *o)
{
    if (o == NULL)
        return;
    char *texts[] = {o->definition,   o->digest,     o->args,        o->subject, o->phases,     o->queue,
                     o->requested_by, o->created_at, o->finished_at, o->error,   o->plan_cursor};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    free(o);
}

/* Runs a statement whose only parameter is an operation's id. */
static enum err run_by_id(struct pg *pg, const struct sql *statement, const char *id, PGresult **result,
                          struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, id);
    enum err err = pg_exec(pg, statement, args, result, error);
    pg_args_drop(args);
    return err;
}

enum err operation_get(struct pg *pg, const char *operation_id, struct operation **operation, struct err_info *error)
{
    PGresult *result = NULL;
    enum err err = run_by_id(pg, &sql_queue_operation_get, operation_id, &result, error);
    if (err == ERR_OK && pg_rows(result) == 0)
        err = err_set(error, ERR_NOT_FOUND, "no operation %s", operation_id);
    if (err == ERR_OK)
        *operation = operation_read(result);
    PQclear(result);
    return err;
}

/* What is there now; NOT_FOUND if nothing is. */
static enum err tally_now(struct pg *pg, const char *operation_id, struct tally *tally, struct err_info *error)
{
    PGresult *result = NULL;
    enum err err = run_by_id(pg, &sql_queue_cancel_drain, operation_id, &result, error);
    if (err == ERR_OK && pg_rows(result) == 0)
        err = err_set(error, ERR_NOT_FOUND, "no operation %s", operation_id);
    if (err == ERR_OK)
        tally_read(result, 0, tally);
    PQclear(result);
    return err;
}

enum err operation_cancel(struct pg *pg, const char *operation_id, struct tally *tally, struct err_info *error)
{
    enum err err = run_by_id(pg, &sql_queue_cancel_flip, operation_id, NULL, error);
    if (err == ERR_OK)
        err = tally_now(pg, operation_id, tally, error);
    if (err == ERR_OK && tally->state != OP_CANCELLED)
        err = err_set(error, ERR_CONFLICT, "operation %s has ended already: %s", operation_id,
                      op_state_name(tally->state));
    return err;
}

/* A change of the state that the state may refuse. */
struct state_change {
    const struct sql *statement;
    const char *participle; /* "cannot be paused" */
};

static enum err change(struct pg *pg, struct state_change change, const char *operation_id, struct tally *tally,
                       struct err_info *error)
{
    PGresult *result = NULL;
    enum err err = run_by_id(pg, change.statement, operation_id, &result, error);
    bool changed = err == ERR_OK && pg_rows(result) > 0;
    PQclear(result);
    if (err == ERR_OK)
        err = tally_now(pg, operation_id, tally, error);
    if (err == ERR_OK && !changed)
        err = err_set(error, ERR_CONFLICT, "operation %s cannot be %s: it is %s", operation_id, change.participle,
                      op_state_name(tally->state));
    return err;
}

enum err operation_pause(struct pg *pg, const char *operation_id, struct tally *tally, struct err_info *error)
{
    return change(pg, (struct state_change){&sql_queue_pause, "paused"}, operation_id, tally, error);
}

enum err operation_resume(struct pg *pg, const char *operation_id, struct tally *tally, struct err_info *error)
{
    return change(pg, (struct state_change){&sql_queue_resume, "resumed"}, operation_id, tally, error);
}

enum err operation_advance(struct pg *pg, const char *operation_id, int phase, struct tally *tally,
                           struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, operation_id);
    pg_arg_int4(args, phase);
    PGresult *result = NULL;
    enum err err = pg_exec(pg, &sql_queue_advance, args, &result, error);
    if (err == ERR_OK && (pg_rows(result) == 0 || pg_is_null(result, 0, 0)))
        err = err_set(error, ERR_NOT_FOUND, "no operation %s", operation_id);
    if (err == ERR_OK)
        tally_read(result, 0, tally);
    PQclear(result);
    pg_args_drop(args);
    return err;
}

/* ---- the tally --------------------------------------------------------------------------------------------------- */

static const char *const state_names[] = {
    [OP_RUNNING] = "running", [OP_PAUSED] = "paused",       [OP_COMPLETED] = "completed",
    [OP_FAILED] = "failed",   [OP_CANCELLED] = "cancelled",
};

const char *op_state_name(enum op_state state)
{
    return state_names[state];
}

enum op_state op_state_of(const char *name)
{
    for (size_t i = 0; i < sizeof state_names / sizeof *state_names; i++)
        if (name != NULL && strcmp(name, state_names[i]) == 0)
            return (enum op_state)i;
    return OP_FAILED;
}

enum err tally_state(struct pg *pg, const char *operation_id, enum op_state *state, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    PGresult *result = NULL;
    pg_arg_text(args, operation_id);
    enum err err = pg_exec(pg, &sql_queue_state, args, &result, error);
    if (err == ERR_OK)
        *state = pg_rows(result) == 1 ? op_state_of(pg_text(result, 0, 0)) : OP_CANCELLED;
    PQclear(result);
    pg_args_drop(args);
    return err;
}

void tally_read(const PGresult *result, int row, struct tally *tally)
{
    snprintf(tally->operation_id, sizeof tally->operation_id, "%s", pg_text(result, row, 0));
    tally->state = op_state_of(pg_text(result, row, 1));
    tally->phase = (int)pg_int8(result, row, 2);
    tally->planned = pg_bool(result, row, 3);
    tally->total = pg_int8(result, row, 4);
    tally->succeeded = pg_int8(result, row, 5);
    tally->failed = pg_int8(result, row, 6);
    tally->skipped = pg_int8(result, row, 7);
    tally->cancelled_jobs = pg_int8(result, row, 8);
    tally->last_seq = pg_int8(result, row, 9);
    tally->generation = pg_int8(result, row, 10);
    tally->version = pg_int8(result, row, 11);
    tally->timeline = pg_int8(result, row, 12);
}

void tally_block(struct redis_args *args, const struct tally *tally, const char *finished_at)
{
    static const struct tally nothing;
    const struct tally *t = tally == NULL ? &nothing : tally;
    redis_arg_int(args, t->timeline);
    redis_arg_int(args, t->version);
    redis_arg(args, op_state_name(t->state));
    redis_arg_int(args, t->phase);
    redis_arg_int(args, t->total);
    redis_arg_int(args, t->succeeded);
    redis_arg_int(args, t->failed);
    redis_arg_int(args, t->skipped);
    redis_arg_int(args, t->cancelled_jobs);
    redis_arg(args, finished_at == NULL ? "" : finished_at);
}
