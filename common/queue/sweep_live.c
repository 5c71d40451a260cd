/*
 * One look at all live operations: the tally of each (PostgreSQL, under the sweep's lock), its hash and its chunks
 * (Redis, one transaction). Whether chunks are missing shows only in two looks in a row, as a chunk may be on its way;
 * what is missing then is given by sweep.c, the caller. PostgreSQL is always right: this never writes to it.
 */
#include "common/queue/sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/queue/names.h"
#include "common/queue/redis_snapshot.h"
#include "embedded/lua.h"
#include "embedded/sql_queue.h"
#include "embedded/sql_session.h"

#define DUE_TOLERANCE_MS 1000
#define DUE_PATIENCE_MS 4000
#define SUSPICIOUS_PASSES 2 /* a lost chunk must be missed twice: once may be a matter of moments */

/* Operations in which chunks were missed in the last passes. */
struct suspicion {
    char operation_id[ID_MAX];
    int passes;
    bool fresh; /* missed in this pass */
    UT_hash_handle hh;
};

void sweep_live_fini(struct sweep_live *live)
{
    struct suspicion *suspicion, *next;
    HASH_ITER (hh, live->suspicions, suspicion, next) {
        HASH_DEL(live->suspicions, suspicion);
        free(suspicion);
    }
}

/* ---- what an operation needs ------------------------------------------------------------------------------------- */

/* True once chunks were missed in SUSPICIOUS_PASSES passes in a row. */
static bool is_missed_again(struct sweep_live *live, const char *operation_id)
{
    struct suspicion *suspicion = NULL;
    HASH_FIND_STR(live->suspicions, operation_id, suspicion);
    if (suspicion == NULL) {
        suspicion = mem_zalloc(sizeof *suspicion);
        snprintf(suspicion->operation_id, sizeof suspicion->operation_id, "%s", operation_id);
        HASH_ADD_STR(live->suspicions, operation_id, suspicion);
    }
    suspicion->fresh = true;
    if (++suspicion->passes < SUSPICIOUS_PASSES)
        return false;
    suspicion->passes = 0;
    return true;
}

void sweep_live_end(struct sweep_live *live)
{
    struct suspicion *suspicion, *next;
    HASH_ITER (hh, live->suspicions, suspicion, next) {
        if (!suspicion->fresh) {
            HASH_DEL(live->suspicions, suspicion);
            free(suspicion);
        } else {
            suspicion->fresh = false;
        }
    }
}

/* An open job that waits for no time: no entry of a delayed set leads to it. */
static enum err has_ready_job(struct sweep_live *live, const char *operation_id, bool *ready, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    PGresult *result = NULL;
    pg_arg_text(args, operation_id);
    enum err err = pg_exec(live->pg, &sql_queue_sweep_ready, args, &result, error);
    *ready = err == ERR_OK && pg_bool(result, 0, 0);
    PQclear(result);
    pg_args_drop(args);
    return err;
}

/* I5: open jobs, but nothing that leads to them is queued, held or still to be fed. Those that wait for their time have
 * the operation's entry in a delayed set, which is seen to by itself (is_due_unseen). */
static enum err is_stranded(struct sweep_live *live, const struct live_operation *one,
                            const struct snapshot_operation *e, bool *stranded, struct err_info *error)
{
    const struct tally *tally = &one->tally;
    *stranded = e->window_chunks + e->due_chunks + e->other_chunks == 0 && e->next_seq > e->last_seq &&
                e->last_seq >= tally->last_seq && tally_settled(tally) < tally->total;
    return *stranded && one->waits ? has_ready_job(live, tally->operation_id, stranded, error) : ERR_OK;
}

/* Whether Redis must be told when the next retry is due: its entry is missing or comes too late. While a due chunk is
 * on its way to what is due now there is none; but only for a time, as that chunk may be busy with other jobs. */
static bool is_due_unseen(const struct live_operation *one, const struct snapshot_operation *e)
{
    if (!one->waits || one->tally.state != OP_RUNNING)
        return false;
    if (one->due_ms <= 0 && one->due_ms > -DUE_PATIENCE_MS && e->due_chunks > 0)
        return false;
    return !e->delayed || e->delayed_ms > (one->due_ms > 0 ? one->due_ms : 0) + DUE_TOLERANCE_MS;
}

static enum live_need need_of(const struct tally *tally, const struct snapshot_operation *e)
{
    if (e->spoilt)
        return NEED_NEW_HASH;
    if (!e->present || e->generation < tally->generation)
        return NEED_OPEN;
    return NEED_NOTHING;
}

static enum err operation_judge(struct sweep_live *live, struct live_operation *one, const struct snapshot_operation *e,
                                struct err_info *error)
{
    bool stranded = false;
    one->need = need_of(&one->tally, e);
    if (one->need != NEED_NOTHING || one->tally.state != OP_RUNNING)
        return ERR_OK;
    enum err err = is_stranded(live, one, e, &stranded, error);
    bool missed = e->window_chunks < e->out || e->due_chunks < e->dues || stranded;
    if (err != ERR_OK || !missed || !is_missed_again(live, one->tally.operation_id))
        return err;
    log_warn("chunks of %s are missing in Redis; it is dispatched again", one->tally.operation_id);
    one->need = NEED_NEW_GENERATION;
    return ERR_OK;
}

/* A fair share of the executors, twice over so that none waits: max(1, min(window, 2 x executors / operations)). */
static int64_t effective_window(const struct redis_snapshot *snapshot, const struct live_operation *all, size_t count,
                                const struct live_operation *one)
{
    int64_t operations = 0, executors = snapshot->executors[one->queue];
    for (size_t i = 0; i < count; i++)
        operations += all[i].queue == one->queue && all[i].tally.state == OP_RUNNING;
    int64_t share = operations == 0 ? one->window : 2 * executors / operations;
    int64_t least = executors == 0 ? one->window : share < one->window ? share : one->window;
    return least < 1 ? 1 : least;
}

/* ---- the look ---------------------------------------------------------------------------------------------------- */

enum err sweep_live_read(struct sweep_live *live, struct live_operation **all, size_t *count, struct err_info *error)
{
    struct pg_batch *batch = pg_batch_new();
    pg_batch_add(batch, &sql_session_begin);
    pg_arg_text(pg_batch_add(batch, &sql_queue_sweep_lock), "live");
    pg_batch_add(batch, &sql_queue_sweep_live);
    enum err err = pg_batch_run(live->pg, batch, error);
    if (err == ERR_OK && pg_bool(pg_batch_result(batch, 1), 0, 0)) {
        const PGresult *r = pg_batch_result(batch, 2);
        *count = (size_t)pg_rows(r);
        *all = mem_array(*count + 1, sizeof **all);
        for (int row = 0; row < (int)*count; row++) {
            struct live_operation *one = &(*all)[row];
            tally_read(r, row, &one->tally);
            one->queue = queue_index(pg_text(r, row, TALLY_COLUMNS));
            one->window = pg_int8(r, row, TALLY_COLUMNS + 1);
            one->retrying = pg_int8(r, row, TALLY_COLUMNS + 2);
            one->waits = !pg_is_null(r, row, TALLY_COLUMNS + 3);
            one->due_ms = pg_int8(r, row, TALLY_COLUMNS + 3);
        }
    }
    pg_batch_drop(batch);
    return err;
}

/* The hash says what cannot be: a client wrote over it. It goes, and the operation is opened again. */
static enum err hash_forget(struct sweep_live *live, const char *operation_id, struct err_info *error)
{
    log_error("the hash of %s was written over by another client; it is made again", operation_id);
    struct redis_args *args = redis_args_new();
    name_operation(args, live->dispatch->prefix, operation_id);
    enum err err = redis_run_script(live->dispatch->redis, &lua_forget, 1, args, NULL, error);
    redis_args_drop(args);
    return err;
}

static bool is_ahead(const struct tally *tally, const struct snapshot_operation *e)
{
    return e->generation > tally->generation || e->last_seq > tally->last_seq || e->timeline > tally->timeline ||
           (e->timeline == tally->timeline && e->version > tally->version);
}

static struct live_operation *operation_find(struct live_operation *all, size_t count, const char *operation_id)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(all[i].tally.operation_id, operation_id) == 0)
            return &all[i];
    return NULL;
}

enum { AHEAD_GENERATION, AHEAD_LAST_SEQ, AHEAD_TIMELINE, AHEAD_VERSION, AHEAD_COLUMNS };

/* The arguments of sweep_ahead: what the hashes say that seem ahead. Returns how many there are. */
static size_t args_ahead(struct pg_args *args, const struct live_operation *all, size_t count,
                         const struct redis_snapshot *snapshot)
{
    const char **ids = mem_array(count + 1, sizeof *ids);
    int64_t *said = mem_array(AHEAD_COLUMNS * count + 1, sizeof *said);
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        const struct snapshot_operation *e = redis_snapshot_find(snapshot, all[i].tally.operation_id);
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
static enum err ahead_judge(struct sweep_live *live, struct live_operation *all, size_t count,
                            const struct redis_snapshot *snapshot, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    PGresult *result = NULL;
    enum err err = ERR_OK;
    if (args_ahead(args, all, count, snapshot) > 0)
        err = pg_exec(live->pg, &sql_queue_sweep_ahead, args, &result, error);
    for (int row = 0; err == ERR_OK && row < pg_rows(result); row++)
        operation_find(all, count, pg_text(result, row, 0))->need = NEED_NEW_HASH;
    PQclear(result);
    pg_args_drop(args);
    return err;
}

static enum err operation_mirror(struct sweep_live *live, const struct redis_snapshot *snapshot, int64_t window,
                                 struct live_operation *one, struct err_info *error)
{
    bool unseen = is_due_unseen(one, redis_snapshot_find(snapshot, one->tally.operation_id));
    int64_t due_ms = !unseen ? -1 : one->due_ms > 0 ? one->due_ms : 0;
    struct mirror mirror = {one->queue, window, one->retrying, due_ms, NULL};
    enum err err = one->need == NEED_NEW_HASH ? ERR_OK : dispatch_mirror(live->dispatch, &one->tally, &mirror, error);
    if (err == ERR_PERMANENT) { /* it is no hash, or a number of it is none */
        one->need = NEED_NEW_HASH;
        err = ERR_OK;
    }
    return one->need == NEED_NEW_HASH ? hash_forget(live, one->tally.operation_id, error) : err;
}

enum err sweep_live_mirror(struct sweep_live *live, struct live_operation *all, size_t count, struct err_info *error)
{
    const char **ids = mem_array(count + 1, sizeof *ids);
    for (size_t i = 0; i < count; i++)
        ids[i] = all[i].tally.operation_id;
    struct redis_snapshot *snapshot = NULL;
    const struct redis_snapshot_spec spec = {
        .ids = ids, .id_count = count, .with_executors = true, .entries_max = REDIS_SNAPSHOT_ALL_ENTRIES};
    enum err err = redis_snapshot_take(live->dispatch, &spec, &snapshot, error);
    for (size_t i = 0; i < count && err == ERR_OK; i++)
        err = operation_judge(live, &all[i], redis_snapshot_find(snapshot, ids[i]), error);
    if (err == ERR_OK)
        err = ahead_judge(live, all, count, snapshot, error);
    for (size_t i = 0; i < count && err == ERR_OK; i++)
        if (all[i].queue >= 0)
            err = operation_mirror(live, snapshot, effective_window(snapshot, all, count, &all[i]), &all[i], error);
    redis_snapshot_drop(snapshot);
    free(ids);
    return err;
}
