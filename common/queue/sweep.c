/*
 * A pass of the sweep: sweep_live.c looks at the live operations and says what each needs; here each is given it,
 * within a budget, so that a big plan never holds up the inbox beside which a pass runs. sweep_ended.c then looks after
 * the operations that have ended. Called by the maintenance of each worker process (worker/) every SWEEP_MS; every step
 * is harmless when done twice, or at the same time by another worker.
 */
#include "common/queue/sweep.h"

#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/fault.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/queue/names.h"
#include "embedded/lua.h"
#include "embedded/sql_queue.h"
#include "embedded/sql_session.h"

#define PLAN_BUDGET_MS 50  /* so long may an inbox request have to wait for a big plan */
#define GIVE_BUDGET_MS 500 /* so long a pass gives what operations need; the next goes on behind it */
#define FLAGS_AT_ONCE 500

struct sweep {
    struct pg *pg;
    const struct dispatch *dispatch;
    const struct kind_table *kinds;
    struct sweep_live live;
    size_t give_from; /* whose turn it is to be given what it needs */
    struct sweep_ended ended;
};

struct sweep *sweep_new(struct pg *pg, const struct dispatch *dispatch, const struct kind_table *kinds,
                        int64_t retention_ms)
{
    struct sweep *sweep = mem_zalloc(sizeof *sweep);
    *sweep = (struct sweep){.pg = pg, .dispatch = dispatch, .kinds = kinds, .live = {.pg = pg, .dispatch = dispatch}};
    sweep->ended = (struct sweep_ended){.pg = pg,
                                        .dispatch = dispatch,
                                        .kinds = kinds,
                                        .retention_ms = retention_ms,
                                        .walk = {.pg = pg, .dispatch = dispatch}};
    return sweep;
}

void sweep_keep(struct sweep *sweep, int64_t retention_ms)
{
    sweep->ended.retention_ms = retention_ms;
}

void sweep_walk_soon(struct sweep *sweep)
{
    sweep->ended.walk.cursor = 0;
    sweep->ended.walk.hurries = true;
}

void sweep_drop(struct sweep *sweep)
{
    if (sweep == NULL)
        return;
    sweep_live_fini(&sweep->live);
    free(sweep);
}

/* ---- the pass ---------------------------------------------------------------------------------------------------- */

static enum err raise_generation(struct sweep *sweep, const struct tally *tally, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, tally->operation_id);
    pg_arg_int8(args, tally->generation);
    enum err err = pg_exec(sweep->pg, &sql_queue_operation_raise_generation, args, NULL, error);
    pg_args_drop(args);
    return err;
}

static enum err need_give(struct sweep *sweep, const struct live_operation *one, bool *more, struct err_info *error)
{
    const struct tally *tally = &one->tally;
    enum err err = ERR_OK;
    if (one->need == NEED_NEW_GENERATION || one->need == NEED_NEW_HASH)
        err = raise_generation(sweep, tally, error);
    if (err == ERR_OK && one->need != NEED_NOTHING)
        err = dispatch_open(sweep->dispatch, sweep->pg, tally->operation_id, error);
    if (err == ERR_OK && tally->state == OP_RUNNING && (!tally->planned || tally_phase_is_done(tally)))
        err = sweep_push_on(sweep, tally->operation_id, PLAN_BUDGET_MS, more, error);
    return err;
}

/* From where the last pass came to: many operations with much to plan must not hold up what else there is to do. What
 * one needed that has no turn now, the next pass finds again. */
static enum err needs_give(struct sweep *sweep, const struct live_operation *all, size_t count, bool *more,
                           struct err_info *error)
{
    int64_t until = clock_mono_ms() + GIVE_BUDGET_MS;
    enum err err = ERR_OK;
    size_t done = 0;
    for (; done < count && err == ERR_OK && clock_mono_ms() < until; done++) {
        bool unfinished = false;
        err = need_give(sweep, &all[(sweep->give_from + done) % count], &unfinished, error);
        *more = *more || unfinished;
    }
    *more = *more || done < count;
    sweep->give_from = count == 0 ? 0 : (sweep->give_from + done) % count;
    return err;
}

enum err sweep_pass(struct sweep *sweep, bool *more, struct err_info *error)
{
    struct live_operation *all = NULL;
    size_t count = 0;
    *more = false;
    /* By itself: in one message with the BEGIN it would belong to that transaction, and be rolled back with it. */
    enum err err = pg_exec(sweep->pg, &sql_queue_sweep_timeline, NULL, NULL, error);
    if (err == ERR_OK)
        err = sweep_live_read(&sweep->live, &all, &count, error);
    bool ours = all != NULL;
    if (err == ERR_OK && ours)
        err = sweep_live_mirror(&sweep->live, all, count, error);
    pg_abort(sweep->pg); /* the lock goes; what follows has guards of its own */
    FAULT_POINT("sweep.mirrored");
    if (err == ERR_OK && ours)
        err = needs_give(sweep, all, count, more, error);
    sweep_live_end(&sweep->live);
    free(all);
    if (err == ERR_OK && ours)
        err = sweep_ended_pass(&sweep->ended, more, error);
    return err;
}

/* ---- pushing one operation on ------------------------------------------------------------------------------------ */

static enum err step_mirror(struct sweep *sweep, const struct tally *tally, struct err_info *error)
{
    struct err_info lookup = {0};
    enum err err = dispatch_refresh(sweep->dispatch, sweep->pg, tally->operation_id, &lookup);
    if (err == ERR_UNREACHABLE)
        *error = lookup;
    return err == ERR_UNREACHABLE ? err : ERR_OK;
}

enum err sweep_push_on(struct sweep *sweep, const char *operation_id, int64_t budget_ms, bool *more,
                       struct err_info *error)
{
    int64_t until = clock_mono_ms() + budget_ms;
    enum plan_status status = PLAN_MORE;
    struct tally tally = {0};
    enum err err = ERR_OK;
    while (err == ERR_OK && clock_mono_ms() < until) {
        err = plan_step(sweep->pg, sweep->kinds, operation_id, &status, &tally, error);
        if (err != ERR_OK || status == PLAN_ELSEWHERE)
            break;
        int phase = tally.phase;
        bool was_done = tally_phase_is_done(&tally);
        if (was_done)
            err = operation_advance(sweep->pg, operation_id, phase, &tally, error);
        if (err == ERR_OK)
            err = step_mirror(sweep, &tally, error);
        if (!was_done && status == PLAN_DONE)
            break;
        if (tally.state != OP_RUNNING)
            break;
    }
    *more = err == ERR_OK && status != PLAN_ELSEWHERE && tally.state == OP_RUNNING &&
            (!tally.planned || tally_phase_is_done(&tally));
    return err;
}

/* ---- the cancel flag --------------------------------------------------------------------------------------------- */

static enum err flagged_cancel_one(struct sweep *sweep, const char *operation_id, struct err_info *error)
{
    struct tally tally;
    enum err err = operation_cancel(sweep->pg, operation_id, &tally, error);
    if (err == ERR_OK)
        log_info("%s was cancelled by its flag in Redis: %lld of %lld jobs were done", operation_id,
                 (long long)tally_settled(&tally), (long long)tally.total);
    if (err == ERR_NOT_FOUND || err == ERR_CONFLICT)
        err = ERR_OK; /* a stray hash, or it has ended meanwhile: the mirror says so */
    else if (err == ERR_OK)
        err = dispatch_refresh(sweep->dispatch, sweep->pg, operation_id, error);
    return err;
}

/* Of `count` operations from row `from` on. */
static enum err flagged_cancel(struct sweep *sweep, const PGresult *live, int from, int count, struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    redisReply *flagged = NULL;
    for (int i = 0; i < count; i++)
        name_operation(args, sweep->dispatch->prefix, pg_text(live, from + i, 0));
    enum err err = redis_run_script(sweep->dispatch->redis, &lua_flags, count, args, &flagged, error);
    redis_args_drop(args);
    for (size_t i = 0; i < redis_count(flagged) && err == ERR_OK; i++)
        err = flagged_cancel_one(sweep, pg_text(live, from + (int)redis_int(redis_item(flagged, i)) - 1, 0), error);
    if (flagged != NULL)
        freeReplyObject(flagged);
    return err;
}

/* PostgreSQL says which are live: what a client put into `ops` costs nothing here. */
enum err sweep_cancel_flags(struct sweep *sweep, struct err_info *error)
{
    PGresult *live = NULL;
    enum err err = pg_exec(sweep->pg, &sql_queue_sweep_live_ids, NULL, &live, error);
    int rows = err == ERR_OK ? pg_rows(live) : 0;
    for (int from = 0; from < rows && err == ERR_OK; from += FLAGS_AT_ONCE)
        err = flagged_cancel(sweep, live, from, rows - from < FLAGS_AT_ONCE ? rows - from : FLAGS_AT_ONCE, error);
    PQclear(live);
    return err;
}
