/*
 * What ended operations leave: open jobs of cancelled ones are removed in steps, with what the kind leaves on their
 * things; their hashes are mirrored a last time and given an expiry; outcomes older than the retention are pruned. Each
 * step is a transaction of its own under a lock that is tried, never waited for. Called by each pass of sweep.c.
 */
#include "common/queue/sweep.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/fault.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/queue/kind.h"
#include "common/queue/names.h"
#include "embedded/lua.h"
#include "embedded/sql_queue.h"
#include "embedded/sql_session.h"

#define OPS_AT_ONCE 500
#define REMOVE_STEP 5000
#define REMOVE_BUDGET_MS 500
#define PRUNE_STEP 5000
#define PRUNE_BUDGET_MS 500
#define PRUNE_EVERY_MS 60000

/* ---- what a cancelled operation leaves --------------------------------------------------------------------------- */

/* The marks of one kind: for its removed jobs that had begun. */
static void add_marks(struct pg_batch *batch, const struct kind *kind, const char *operation_id,
                      const PGresult *removed)
{
    const char **keys = mem_array((size_t)pg_rows(removed) + 1, sizeof *keys);
    const char **checkpoints = mem_array((size_t)pg_rows(removed) + 1, sizeof *checkpoints);
    size_t count = 0;
    for (int row = 0; row < pg_rows(removed); row++)
        if (strcmp(pg_text(removed, row, 1), kind->name) == 0 && !pg_is_null(removed, row, 3)) {
            keys[count] = pg_text(removed, row, 2);
            checkpoints[count++] = pg_text(removed, row, 3);
        }
    if (count > 0) {
        struct pg_args *args = pg_batch_add(batch, kind->cancel_mark);
        pg_arg_text(args, operation_id);
        pg_arg_texts(args, keys, count);
        pg_arg_texts(args, checkpoints, count);
    }
    free(keys);
    free(checkpoints);
}

/* What is removed of one operation, in one step. */
struct removal {
    const char *operation_id;
    int64_t from; /* the lowest open seq; 0: there is none */
    int64_t removed;
    bool ours; /* false: another remover is at it */
};

/* BEGIN, the lock of removers, where the step begins. Two removers at once would wait for each other's rows. */
static enum err begin_removal(struct sweep_ended *s, struct removal *step, struct err_info *error)
{
    struct pg_batch *batch = pg_batch_new();
    pg_batch_add(batch, &sql_session_begin);
    pg_arg_text(pg_batch_add(batch, &sql_queue_sweep_lock), "leftover");
    struct pg_args *args = pg_batch_add(batch, &sql_queue_remove_leftover_next);
    pg_arg_text(args, step->operation_id);
    pg_arg_int8(args, s->removed_to);
    enum err err = pg_batch_run(s->pg, batch, error);
    if (err == ERR_OK) {
        const PGresult *next = pg_batch_result(batch, 2);
        step->ours = pg_bool(pg_batch_result(batch, 1), 0, 0);
        step->from = pg_rows(next) == 0 ? 0 : pg_int8(next, 0, 0);
    }
    pg_batch_drop(batch);
    return err;
}

static enum err remove_range(struct sweep_ended *s, const struct removal *step, PGresult **rows, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, step->operation_id);
    pg_arg_int8(args, step->from);
    pg_arg_int8(args, step->from + REMOVE_STEP - 1);
    enum err err = pg_exec(s->pg, &sql_queue_remove_leftover, args, rows, error);
    pg_args_drop(args);
    return err;
}

/* Marks, count, COMMIT. */
static enum err end_removal(struct sweep_ended *s, struct removal *step, const PGresult *rows, struct err_info *error)
{
    struct pg_batch *batch = pg_batch_new();
    step->removed = rows == NULL ? 0 : pg_rows(rows);
    for (size_t k = 0; step->removed > 0 && k < s->kinds->count; k++)
        if (s->kinds->kinds[k].cancel_mark != NULL)
            add_marks(batch, &s->kinds->kinds[k], step->operation_id, rows);
    struct pg_args *args = pg_batch_add(batch, &sql_queue_remove_leftover_tally);
    pg_arg_text(args, step->operation_id);
    pg_arg_int8(args, step->removed);
    pg_arg_bool(args, step->from > 0);
    pg_batch_add(batch, &sql_session_commit);
    enum err err = pg_batch_run(s->pg, batch, error);
    pg_batch_drop(batch);
    return err;
}

/* One step: jobs out, marks, count, in one transaction. It begins where the last one ended, so that it need not pass
 * over all rows that are dead already; an operation is done with where a step finds nothing from its very beginning. */
static enum err remove_step(struct sweep_ended *s, struct removal *step, bool *done, struct err_info *error)
{
    if (strcmp(s->removing, step->operation_id) != 0) {
        snprintf(s->removing, sizeof s->removing, "%s", step->operation_id);
        s->removed_to = 0;
    }
    PGresult *rows = NULL;
    enum err err = begin_removal(s, step, error);
    bool from_the_beginning = s->removed_to == 0;
    bool counts = step->ours && (step->from > 0 || from_the_beginning);
    if (err == ERR_OK && step->ours && step->from > 0)
        err = remove_range(s, step, &rows, error);
    FAULT_POINT("sweep.removed");
    if (err == ERR_OK && counts)
        err = end_removal(s, step, rows, error);
    pg_abort(s->pg);
    PQclear(rows);
    if (err == ERR_OK && step->ours)
        s->removed_to = step->from == 0 ? 0 : step->from + REMOVE_STEP - 1;
    *done = err == ERR_OK && (!step->ours || (step->from == 0 && from_the_beginning));
    return err;
}

static enum err remove_leftover(struct sweep_ended *s, bool *more, struct err_info *error)
{
    PGresult *ids = NULL;
    int64_t until = clock_mono_ms() + REMOVE_BUDGET_MS;
    enum err err = pg_exec(s->pg, &sql_queue_sweep_leftover, NULL, &ids, error);
    for (int i = 0; err == ERR_OK && i < pg_rows(ids); i++) {
        struct removal step = {.operation_id = pg_text(ids, i, 0)};
        bool done = false;
        while (err == ERR_OK && !done && clock_mono_ms() < until)
            err = remove_step(s, &step, &done, error);
        *more = *more || !done;
        if (err == ERR_OK && step.ours)
            err = dispatch_refresh(s->dispatch, s->pg, step.operation_id, error);
    }
    PQclear(ids);
    return err;
}

/* ---- hashes ------------------------------------------------------------------------------------------------------ */

static enum err forget_op(struct sweep_ended *s, const char *id, struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    redis_arg(args, "SREM");
    name_plain(args, s->dispatch->prefix, "ops");
    redis_arg(args, id);
    enum err err = redis_run(s->dispatch->redis, args, NULL, error);
    redis_args_drop(args);
    return err;
}

/* One that has ended gets its last mirror; where that took it not out, its hash is gone or it never was. */
static enum err mirror_last(struct sweep_ended *s, const char *id, struct err_info *error)
{
    enum err err = dispatch_refresh(s->dispatch, s->pg, id, error);
    return err == ERR_OK || err == ERR_NOT_FOUND ? forget_op(s, id, error) : err;
}

static enum err mirror_those_ended(struct sweep_ended *s, const redisReply *members, struct err_info *error)
{
    const char **ids = mem_array(redis_count(members) + 1, sizeof *ids);
    struct pg_args *args = pg_args_new();
    PGresult *ended = NULL;
    for (size_t i = 0; i < redis_count(members); i++)
        ids[i] = redis_text(redis_item(members, i));
    pg_arg_texts(args, ids, redis_count(members));
    enum err err = pg_exec(s->pg, &sql_queue_sweep_ended_of, args, &ended, error);
    for (int row = 0; err == ERR_OK && row < pg_rows(ended); row++)
        err = mirror_last(s, pg_text(ended, row, 0), error);
    PQclear(ended);
    pg_args_drop(args);
    free(ids);
    return err;
}

/* One step of a walk over `ops`: all of it where few operations are live. */
static enum err mirror_ended(struct sweep_ended *s, struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    redisReply *step = NULL;
    name_plain(args, s->dispatch->prefix, "ops");
    redis_argf(args, "%" PRIu64, s->ops_cursor);
    redis_arg_int(args, OPS_AT_ONCE);
    enum err err = redis_run_script(s->dispatch->redis, &lua_members, 1, args, &step, error);
    redis_args_drop(args);
    if (err == ERR_OK) {
        s->ops_cursor = strtoull(redis_text(redis_item(step, 0)), NULL, 10);
        if (redis_int(redis_item(step, 2)) > 0)
            log_warn("%" PRId64 " members of `ops` in Redis were no operations; they are taken out",
                     redis_int(redis_item(step, 2)));
        if (redis_count(redis_item(step, 1)) > 0)
            err = mirror_those_ended(s, redis_item(step, 1), error);
    }
    if (step != NULL)
        freeReplyObject(step);
    return err;
}

/* ---- old outcomes ------------------------------------------------------------------------------------------------ */

static enum err prune_step(struct sweep_ended *s, const char *id, int64_t *removed, struct err_info *error)
{
    PGresult *result = NULL;
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, id);
    pg_arg_int4(args, PRUNE_STEP);
    enum err err = pg_exec(s->pg, &sql_queue_prune_step, args, &result, error);
    *removed = err == ERR_OK ? pg_affected(result) : 0;
    PQclear(result);
    pg_args_drop(args);
    return err;
}

/* What there is no time for now is left to the next pass, which finds the same operation. */
static enum err prune_operation(struct sweep_ended *s, const char *id, struct err_info *error)
{
    int64_t until = clock_mono_ms() + PRUNE_BUDGET_MS, removed = PRUNE_STEP;
    enum err err = ERR_OK;
    while (err == ERR_OK && removed == PRUNE_STEP && clock_mono_ms() < until)
        err = prune_step(s, id, &removed, error);
    if (err != ERR_OK || removed == PRUNE_STEP)
        return err;
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, id);
    err = pg_exec(s->pg, &sql_queue_prune_done, args, NULL, error);
    pg_args_drop(args);
    return err;
}

/* One operation a minute at the most, more at once while there are more. */
static enum err prune(struct sweep_ended *s, bool *more, struct err_info *error)
{
    if (s->retention_ms == 0 || clock_mono_ms() - s->pruned_ms < PRUNE_EVERY_MS)
        return ERR_OK;
    PGresult *result = NULL;
    struct pg_args *args = pg_args_new();
    pg_arg_int8(args, s->retention_ms);
    enum err err = pg_exec(s->pg, &sql_queue_prune_next, args, &result, error);
    pg_args_drop(args);
    if (err == ERR_OK && pg_rows(result) > 0) {
        err = prune_operation(s, pg_text(result, 0, 0), error);
        *more = true;
    } else {
        s->pruned_ms = clock_mono_ms();
    }
    PQclear(result);
    return err;
}

enum err sweep_ended_pass(struct sweep_ended *sweep, bool *more, struct err_info *error)
{
    enum err err = remove_leftover(sweep, more, error);
    if (err == ERR_OK)
        err = pg_exec(sweep->pg, &sql_queue_sweep_leases, NULL, NULL, error);
    if (err == ERR_OK)
        err = mirror_ended(sweep, error);
    if (err == ERR_OK)
        err = sweep_walk_step(&sweep->walk, more, error);
    if (err == ERR_OK)
        err = prune(sweep, more, error);
    return err;
}
