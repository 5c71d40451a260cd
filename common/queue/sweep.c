#include "common/queue/sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/fault.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/queue/names.h"
#include "common/queue/redis_snapshot.h"
#include "common/queue/sweep_ended.h"
#include "embedded/lua.h"
#include "embedded/sql_queue.h"
#include "embedded/sql_session.h"

#define PLAN_BUDGET_MS 50 /* so long may an inbox request have to wait for a big plan */
#define DUE_TOLERANCE_MS 1000
#define DUE_PATIENCE_MS 4000
#define GIVE_BUDGET_MS 500 /* so long a pass gives what operations need; the next goes on behind it */
#define FLAGS_AT_ONCE 500
#define SUSPICIOUS_PASSES 2 /* a lost chunk must be missed twice: once may be a matter of moments */

/* Operations in which chunks were missed in the last passes. */
struct suspicion {
    char operation_id[ID_MAX];
    int passes;
    bool fresh; /* missed in this pass */
    UT_hash_handle hh;
};

struct sweep {
    struct pg *pg;
    const struct dispatch *dispatch;
    const struct kind_table *kinds;
    struct suspicion *suspicions;
    size_t give_from; /* whose turn it is to be given what it needs */
    struct sweep_ended ended;
};

/* A live operation as this pass sees it, and what it needs. */
enum need { NEED_NOTHING, NEED_OPEN, NEED_NEW_GENERATION, NEED_NEW_HASH };
struct live {
    struct tally tally;
    int queue;
    int64_t window, retrying;
    bool waits;     /* it has retries; the earliest … */
    int64_t due_ms; /* … is due in so many ms, negative = since */
    enum need need;
};

struct sweep *sweep_new(struct pg *pg, const struct dispatch *dispatch, const struct kind_table *kinds,
                        int64_t retention_ms)
{
    struct sweep *sweep = mem_zalloc(sizeof *sweep);
    *sweep = (struct sweep){.pg = pg, .dispatch = dispatch, .kinds = kinds};
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
    struct suspicion *suspicion, *next;
    HASH_ITER (hh, sweep->suspicions, suspicion, next) {
        HASH_DEL(sweep->suspicions, suspicion);
        free(suspicion);
    }
    free(sweep);
}

/* ---- what an operation needs ----------------------------------------------------------------------------------- */

/* True once chunks were missed in SUSPICIOUS_PASSES passes in a row. */
static bool missed_again(struct sweep *sweep, const char *operation_id)
{
    struct suspicion *suspicion = NULL;
    HASH_FIND_STR(sweep->suspicions, operation_id, suspicion);
    if (suspicion == NULL) {
        suspicion = mem_zalloc(sizeof *suspicion);
        snprintf(suspicion->operation_id, sizeof suspicion->operation_id, "%s", operation_id);
        HASH_ADD_STR(sweep->suspicions, operation_id, suspicion);
    }
    suspicion->fresh = true;
    if (++suspicion->passes < SUSPICIOUS_PASSES)
        return false;
    suspicion->passes = 0;
    return true;
}

static void forget_suspicions(struct sweep *sweep)
{
    struct suspicion *suspicion, *next;
    HASH_ITER (hh, sweep->suspicions, suspicion, next) {
        if (!suspicion->fresh) {
            HASH_DEL(sweep->suspicions, suspicion);
            free(suspicion);
        } else {
            suspicion->fresh = false;
        }
    }
}

/* An open job that waits for no time: no entry of a delayed set leads to it. */
static enum err has_ready_job(struct sweep *sweep, const char *operation_id, bool *ready, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    PGresult *result = NULL;
    pg_arg_text(args, operation_id);
    enum err err = pg_exec(sweep->pg, &sql_queue_sweep_ready, args, &result, error);
    *ready = err == ERR_OK && pg_bool(result, 0, 0);
    PQclear(result);
    pg_args_drop(args);
    return err;
}

/* I5: open jobs, but nothing that leads to them is queued, held or still to be fed. Those that wait for their time have
 * the operation's entry in a delayed set, which is seen to by itself (is_due_unseen). */
static enum err is_stranded(struct sweep *sweep, const struct live *live, const struct redis_snapshot_entry *e,
                            bool *stranded, struct err_info *error)
{
    const struct tally *tally = &live->tally;
    *stranded = e->window_chunks + e->due_chunks + e->other_chunks == 0 && e->next_seq > e->last_seq &&
                e->last_seq >= tally->last_seq && tally_settled(tally) < tally->total;
    return *stranded && live->waits ? has_ready_job(sweep, tally->operation_id, stranded, error) : ERR_OK;
}

/* Whether Redis must be told when the next retry is due: its entry is missing or comes too late. While a due chunk is
 * on its way to what is due now there is none; but not for ever, as that chunk may be busy with other jobs. */
static bool is_due_unseen(const struct live *live, const struct redis_snapshot_entry *e)
{
    if (!live->waits || live->tally.state != OP_RUNNING)
        return false;
    if (live->due_ms <= 0 && live->due_ms > -DUE_PATIENCE_MS && e->due_chunks > 0)
        return false;
    return !e->delayed || e->delayed_ms > (live->due_ms > 0 ? live->due_ms : 0) + DUE_TOLERANCE_MS;
}

static enum need need_of(const struct tally *tally, const struct redis_snapshot_entry *e)
{
    if (e->spoilt)
        return NEED_NEW_HASH;
    if (!e->present || e->generation < tally->generation)
        return NEED_OPEN;
    return NEED_NOTHING;
}

static enum err judge(struct sweep *sweep, struct live *live, const struct redis_snapshot_entry *e,
                      struct err_info *error)
{
    bool stranded = false;
    live->need = need_of(&live->tally, e);
    if (live->need != NEED_NOTHING || live->tally.state != OP_RUNNING)
        return ERR_OK;
    enum err err = is_stranded(sweep, live, e, &stranded, error);
    bool missed = e->window_chunks < e->out || e->due_chunks < e->dues || stranded;
    if (err != ERR_OK || !missed || !missed_again(sweep, live->tally.operation_id))
        return err;
    log_warn("chunks of %s are missing in Redis; it is dispatched anew", live->tally.operation_id);
    live->need = NEED_NEW_GENERATION;
    return ERR_OK;
}

/* A fair share of the executors, twice over so that none waits: max(1, min(window, 2 x executors / operations)). */
static int64_t effective_window(const struct redis_snapshot *census, const struct live *all, size_t count,
                                const struct live *one)
{
    int64_t operations = 0, executors = census->executors[one->queue];
    for (size_t i = 0; i < count; i++)
        operations += all[i].queue == one->queue && all[i].tally.state == OP_RUNNING;
    int64_t share = operations == 0 ? one->window : 2 * executors / operations;
    int64_t least = executors == 0 ? one->window : share < one->window ? share : one->window;
    return least < 1 ? 1 : least;
}

/* ---- the pass -------------------------------------------------------------------------------------------------- */

/* BEGIN, the sweep's lock, all live operations. `*all` NULL: somebody else sweeps at this moment. */
static enum err read_live(struct sweep *sweep, struct live **all, size_t *count, struct err_info *error)
{
    struct pg_batch *batch = pg_batch_new();
    pg_batch_add(batch, &sql_session_begin);
    pg_arg_text(pg_batch_add(batch, &sql_queue_sweep_lock), "live");
    pg_batch_add(batch, &sql_queue_sweep_live);
    enum err err = pg_batch_run(sweep->pg, batch, error);
    if (err == ERR_OK && pg_bool(pg_batch_result(batch, 1), 0, 0)) {
        const PGresult *r = pg_batch_result(batch, 2);
        *count = (size_t)pg_rows(r);
        *all = mem_array(*count + 1, sizeof **all);
        for (int row = 0; row < (int)*count; row++) {
            struct live *live = &(*all)[row];
            tally_read(r, row, &live->tally);
            live->queue = queue_index(pg_text(r, row, TALLY_COLUMNS));
            live->window = pg_int8(r, row, TALLY_COLUMNS + 1);
            live->retrying = pg_int8(r, row, TALLY_COLUMNS + 2);
            live->waits = !pg_is_null(r, row, TALLY_COLUMNS + 3);
            live->due_ms = pg_int8(r, row, TALLY_COLUMNS + 3);
        }
    }
    pg_batch_drop(batch);
    return err;
}

/* The hash says what cannot be: somebody wrote over it. It goes, and the operation is opened anew. */
static enum err forget_hash(struct sweep *sweep, const char *operation_id, struct err_info *error)
{
    log_error("the hash of %s was written over by somebody; it is made anew", operation_id);
    struct redis_args *args = redis_args_new();
    name_operation(args, sweep->dispatch->prefix, operation_id);
    enum err err = redis_run_script(sweep->dispatch->redis, &lua_forget, 1, args, NULL, error);
    redis_args_drop(args);
    return err;
}

static bool is_ahead(const struct tally *tally, const struct redis_snapshot_entry *e)
{
    return e->generation > tally->generation || e->last_seq > tally->last_seq || e->timeline > tally->timeline ||
           (e->timeline == tally->timeline && e->version > tally->version);
}

static struct live *live_find(struct live *all, size_t count, const char *operation_id)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(all[i].tally.operation_id, operation_id) == 0)
            return &all[i];
    return NULL;
}

enum { AHEAD_GENERATION, AHEAD_LAST_SEQ, AHEAD_TIMELINE, AHEAD_VERSION, AHEAD_COLUMNS };

/* The arguments of sweep_ahead: what the hashes say that seem ahead. Returns how many there are. */
static size_t args_ahead(struct pg_args *args, const struct live *all, size_t count,
                         const struct redis_snapshot *census)
{
    const char **ids = mem_array(count + 1, sizeof *ids);
    int64_t *said = mem_array(AHEAD_COLUMNS * count + 1, sizeof *said);
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        const struct redis_snapshot_entry *e = redis_snapshot_find(census, all[i].tally.operation_id);
        if (!e->present || all[i].need == NEED_NEW_HASH || !is_ahead(&all[i].tally, e))
            continue;
        ids[n] = e->operation_id;
        said[AHEAD_GENERATION * count + n] = e->generation;
        said[AHEAD_LAST_SEQ * count + n] = e->last_seq;
        said[AHEAD_TIMELINE * count + n] = e->timeline;
        said[AHEAD_VERSION * count + n++] = e->version;
    }
    pg_arg_texts(args, ids, n);
    for (size_t column = 0; column < AHEAD_COLUMNS; column++)
        pg_arg_int8s(args, said + column * count, n);
    free(ids);
    free(said);
    return n;
}

/* What Redis knows PostgreSQL knew before. A hash that seems ahead is usually of a commit since our reading; one that
 * still is now, with its state of before, was made up. */
static enum err judge_those_ahead(struct sweep *sweep, struct live *all, size_t count,
                                  const struct redis_snapshot *census, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    PGresult *result = NULL;
    enum err err = ERR_OK;
    if (args_ahead(args, all, count, census) > 0)
        err = pg_exec(sweep->pg, &sql_queue_sweep_ahead, args, &result, error);
    for (int row = 0; err == ERR_OK && row < pg_rows(result); row++)
        live_find(all, count, pg_text(result, row, 0))->need = NEED_NEW_HASH;
    PQclear(result);
    pg_args_drop(args);
    return err;
}

static enum err mirror_one(struct sweep *sweep, const struct redis_snapshot *census, const struct live *all,
                           size_t count, struct live *live, struct err_info *error)
{
    bool unseen = is_due_unseen(live, redis_snapshot_find(census, live->tally.operation_id));
    int64_t due_ms = !unseen ? -1 : live->due_ms > 0 ? live->due_ms : 0;
    struct mirror mirror = {live->queue, effective_window(census, all, count, live), live->retrying, due_ms, NULL};
    enum err err = live->need == NEED_NEW_HASH
                       ? ERR_OK
                       : dispatch_mirror(sweep->dispatch, &live->tally, &mirror, NULL, NULL, error);
    if (err == ERR_PERMANENT) { /* it is no hash, or a number of it is none */
        live->need = NEED_NEW_HASH;
        err = ERR_OK;
    }
    return live->need == NEED_NEW_HASH ? forget_hash(sweep, live->tally.operation_id, error) : err;
}

static enum err mirror_all(struct sweep *sweep, struct live *all, size_t count, struct err_info *error)
{
    const char **ids = mem_array(count + 1, sizeof *ids);
    for (size_t i = 0; i < count; i++)
        ids[i] = all[i].tally.operation_id;
    struct redis_snapshot *census = NULL;
    enum err err = redis_snapshot_take(sweep->dispatch, ids, count, &census, error);
    for (size_t i = 0; i < count && err == ERR_OK; i++)
        err = judge(sweep, &all[i], redis_snapshot_find(census, ids[i]), error);
    if (err == ERR_OK)
        err = judge_those_ahead(sweep, all, count, census, error);
    for (size_t i = 0; i < count && err == ERR_OK; i++)
        if (all[i].queue >= 0)
            err = mirror_one(sweep, census, all, count, &all[i], error);
    redis_snapshot_drop(census);
    free(ids);
    return err;
}

static enum err raise_generation(struct sweep *sweep, const struct tally *tally, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, tally->operation_id);
    pg_arg_int8(args, tally->generation);
    enum err err = pg_exec(sweep->pg, &sql_queue_operation_raise_generation, args, NULL, error);
    pg_args_drop(args);
    return err;
}

static enum err give(struct sweep *sweep, const struct live *live, bool *more, struct err_info *error)
{
    const struct tally *tally = &live->tally;
    enum err err = ERR_OK;
    if (live->need == NEED_NEW_GENERATION || live->need == NEED_NEW_HASH)
        err = raise_generation(sweep, tally, error);
    if (err == ERR_OK && live->need != NEED_NOTHING)
        err = dispatch_open(sweep->dispatch, sweep->pg, tally->operation_id, error);
    if (err == ERR_OK && tally->state == OP_RUNNING && (!tally->planned || tally_phase_is_done(tally)))
        err = sweep_push_on(sweep, tally->operation_id, PLAN_BUDGET_MS, more, error);
    return err;
}

/* From where the last pass came to: many operations with much to plan must not hold up what else there is to do. What
 * one needed that has no turn now, the next pass finds again. */
static enum err give_all(struct sweep *sweep, const struct live *all, size_t count, bool *more, struct err_info *error)
{
    int64_t until = clock_mono_ms() + GIVE_BUDGET_MS;
    enum err err = ERR_OK;
    size_t done = 0;
    for (; done < count && err == ERR_OK && clock_mono_ms() < until; done++) {
        bool unfinished = false;
        err = give(sweep, &all[(sweep->give_from + done) % count], &unfinished, error);
        *more = *more || unfinished;
    }
    *more = *more || done < count;
    sweep->give_from = count == 0 ? 0 : (sweep->give_from + done) % count;
    return err;
}

enum err sweep_pass(struct sweep *sweep, bool *more, struct err_info *error)
{
    struct live *all = NULL;
    size_t count = 0;
    *more = false;
    /* By itself: in one message with the BEGIN it would belong to that transaction, and be rolled back with it. */
    enum err err = pg_exec(sweep->pg, &sql_queue_sweep_timeline, NULL, NULL, error);
    if (err == ERR_OK)
        err = read_live(sweep, &all, &count, error);
    bool ours = all != NULL;
    if (err == ERR_OK && ours)
        err = mirror_all(sweep, all, count, error);
    pg_abort(sweep->pg); /* the lock goes; what follows has guards of its own */
    FAULT_POINT("sweep.mirrored");
    if (err == ERR_OK && ours)
        err = give_all(sweep, all, count, more, error);
    forget_suspicions(sweep);
    free(all);
    if (err == ERR_OK && ours)
        err = sweep_ended_pass(&sweep->ended, more, error);
    return err;
}

/* ---- pushing one operation on ---------------------------------------------------------------------------------- */

static enum err mirror_after_step(struct sweep *sweep, const struct tally *tally, struct err_info *error)
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
            err = mirror_after_step(sweep, &tally, error);
        if (!was_done && status == PLAN_DONE)
            break;
        if (tally.state != OP_RUNNING)
            break;
    }
    *more = err == ERR_OK && status != PLAN_ELSEWHERE && tally.state == OP_RUNNING &&
            (!tally.planned || tally_phase_is_done(&tally));
    return err;
}

/* ---- the cancel flag ------------------------------------------------------------------------------------------- */

static enum err cancel_flagged(struct sweep *sweep, const char *operation_id, struct err_info *error)
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
static enum err cancel_those_flagged(struct sweep *sweep, const PGresult *live, int from, int count,
                                     struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    redisReply *flagged = NULL;
    for (int i = 0; i < count; i++)
        name_operation(args, sweep->dispatch->prefix, pg_text(live, from + i, 0));
    enum err err = redis_run_script(sweep->dispatch->redis, &lua_flags, count, args, &flagged, error);
    redis_args_drop(args);
    for (size_t i = 0; i < redis_count(flagged) && err == ERR_OK; i++)
        err = cancel_flagged(sweep, pg_text(live, from + (int)redis_int(redis_item(flagged, i)) - 1, 0), error);
    if (flagged != NULL)
        freeReplyObject(flagged);
    return err;
}

/* PostgreSQL says which are live: what somebody put into `ops` costs nothing here. */
enum err sweep_cancel_flags(struct sweep *sweep, struct err_info *error)
{
    PGresult *live = NULL;
    enum err err = pg_exec(sweep->pg, &sql_queue_sweep_live_ids, NULL, &live, error);
    int rows = err == ERR_OK ? pg_rows(live) : 0;
    for (int from = 0; from < rows && err == ERR_OK; from += FLAGS_AT_ONCE)
        err = cancel_those_flagged(sweep, live, from, rows - from < FLAGS_AT_ONCE ? rows - from : FLAGS_AT_ONCE, error);
    PQclear(live);
    return err;
}
