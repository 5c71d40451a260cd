/*
 * What stands in Redis against what PostgreSQL says (I5, I6, I7, I9). Redis is read first: all of it that is right is
 * then behind PostgreSQL or level with it. With no worker alive nothing is mended, so what should have been mended
 * is a warning.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/doctor/doctor_private.h"
#include "common/queue/chunk.h"
#include "common/queue/orphans.h"
#include "common/queue/redis_identity.h"
#include "common/queue/redis_snapshot.h"
#include "embedded/sql_doctor.h"
#include "embedded/sql_queue.h"

#define REJECTED_MAX 1000 /* also in lua/refuse.lua */
#define OLD_WINDOWS_MAX 20
/* A list beyond this breaks I9 by far; the rest of it is not read. */
#define ENTRIES_MAX 100000
#define DUE_TOLERANCE_MS 5000

/* The columns of live behind those of the tally. */
enum { LIVE_WINDOW = TALLY_COLUMNS, LIVE_OPEN, LIVE_READY, LIVE_DUE_MS };

/* One operation in both stores. */
struct pair {
    const struct tally *tally;
    const struct snapshot_operation *op;
    int64_t window;
    bool open, ready; /* has open jobs; some of them wait for no time */
    bool waits;       /* has retries; the earliest … */
    int64_t due_ms;   /* … is due in so many ms, negative = since */
    enum severity lasting;
};

static struct finding_on on_operation(const struct pair *p, int invariant, enum severity severity,
                                      enum doctor_remedy remedy)
{
    return (struct finding_on){invariant, severity, remedy, p->tally->operation_id, p->tally->version};
}

/* ---- I5 ---------------------------------------------------------------------------------------------------------- */

/* Or, where all wait for their time, an entry for them. */
static bool has_chunk(const struct pair *p)
{
    const struct snapshot_operation *op = p->op;
    return op->window_chunks + op->due_chunks + op->other_chunks > 0 || (op->delayed && !p->ready);
}

/* When the next retry is due, Redis must say so. */
static void judge_due(struct doctor *doctor, const struct pair *p)
{
    const struct snapshot_operation *op = p->op;
    struct finding_on on = on_operation(p, 5, p->lasting, DOCTOR_REOPEN);
    int64_t due_ms = p->due_ms > 0 ? p->due_ms : 0;
    on.stamp = 0;
    if (!p->waits || !op->present || op->generation != p->tally->generation || op->due_chunks > 0)
        return;
    if (!op->delayed)
        doctor_suspect(doctor, &on, "has retries, and nothing in Redis says when they are due");
    else if (op->delayed_ms > due_ms + DUE_TOLERANCE_MS)
        doctor_suspect(doctor, &on,
                       "has retries that are due in %" PRId64 " s, Redis wakes a worker for them only after %" PRId64
                       " s",
                       due_ms / CLOCK_MS_PER_S, op->delayed_ms / CLOCK_MS_PER_S);
}

static void judge_dispatch(struct doctor *doctor, const struct pair *p)
{
    const struct tally *t = p->tally;
    const struct snapshot_operation *op = p->op;
    struct finding_on on = on_operation(p, 5, p->lasting, DOCTOR_REOPEN);
    if (!op->present) {
        doctor_suspect(doctor, &on, "is running, but is not in Redis");
    } else if (op->generation < t->generation) {
        doctor_suspect(doctor, &on, "is at generation %" PRId64 ", Redis still at %" PRId64, t->generation,
                       op->generation);
    } else if (t->planned && !p->open) {
        on.remedy = DOCTOR_ADVANCE;
        doctor_suspect(doctor, &on, "has settled all jobs of phase %d, and is not advanced", t->phase);
    } else if (!has_chunk(p) && !t->planned) {
        on.remedy = DOCTOR_LEAVE;
        doctor_suspect(doctor, &on, "phase %d is not planned, and no worker goes on with it", t->phase);
    } else if (!has_chunk(p)) {
        doctor_suspect(doctor, &on, "has open jobs, but no chunk of generation %" PRId64 " queued, held or due",
                       t->generation);
    }
}

/* The window counts its chunks; a chunk that is counted and nowhere will never come. */
static void judge_window(struct doctor *doctor, const struct pair *p)
{
    const struct snapshot_operation *op = p->op;
    if (!op->present || op->generation != p->tally->generation)
        return;
    struct finding_on on = on_operation(p, 5, p->lasting, DOCTOR_REOPEN);
    on.stamp = 0;
    if (op->window_chunks < op->out)
        doctor_suspect(doctor, &on, "counts %" PRId64 " chunks of its window, %" PRId64 " are there", op->out,
                       op->window_chunks);
    if (op->due_chunks < op->dues)
        doctor_suspect(doctor, &on, "counts %" PRId64 " due chunks, %" PRId64 " are there", op->dues, op->due_chunks);
    on.invariant = 9;
    if (op->window_chunks > op->out)
        doctor_suspect(doctor, &on, "has %" PRId64 " chunks of its window, but counts %" PRId64, op->window_chunks,
                       op->out);
}

/* ---- I7 ---------------------------------------------------------------------------------------------------------- */

static bool same_counts(const struct snapshot_operation *op, const struct tally *t)
{
    return op->total == t->total && op->succeeded == t->succeeded && op->failed == t->failed &&
           op->skipped == t->skipped && op->cancelled_jobs == t->cancelled_jobs && op->completed == tally_settled(t) &&
           strcmp(op->state, op_state_name(t->state)) == 0;
}

static void judge_ahead(struct doctor *doctor, const struct pair *p)
{
    const struct tally *t = p->tally;
    const struct snapshot_operation *op = p->op;
    struct finding_on on = on_operation(p, 7, DOCTOR_VIOLATION, DOCTOR_LEAVE);
    if (t->timeline == 0)
        return; /* a standby: it may be behind in everything */
    if (op->timeline > t->timeline)
        doctor_say(doctor, &on, "Redis has it from timeline %" PRId64 ", PostgreSQL is at %" PRId64, op->timeline,
                   t->timeline);
    if (op->timeline != t->timeline)
        return;
    if (op->version > t->version || op->generation > t->generation)
        doctor_say(doctor, &on,
                   "Redis is ahead: version %" PRId64 ", generation %" PRId64 ", against %" PRId64 ", %" PRId64,
                   op->version, op->generation, t->version, t->generation);
    else if (op->version == t->version ? !same_counts(op, t) : op->completed > tally_settled(t))
        doctor_say(doctor, &on,
                   "Redis shows other counts or another state than PostgreSQL had: %" PRId64 " of %" PRId64 " done, %s",
                   op->completed, op->total, op->state);
}

static void judge_ended(struct doctor *doctor, const struct pair *p)
{
    struct finding_on on = on_operation(p, 7, p->lasting, DOCTOR_MIRROR);
    if (p->op->version < p->tally->version || !same_counts(p->op, p->tally))
        doctor_suspect(
            doctor, &on, "has ended as %s with %" PRId64 " of %" PRId64 " done, Redis still shows %s with %" PRId64,
            op_state_name(p->tally->state), tally_settled(p->tally), p->tally->total, p->op->state, p->op->completed);
    on.invariant = 9;
    on.severity = DOCTOR_WARNING;
    if (p->op->ttl_s < 0)
        doctor_suspect(doctor, &on, "has ended, but its hash has no expiry");
}

/* ---- I9 ---------------------------------------------------------------------------------------------------------- */

static void judge_size(struct doctor *doctor, const struct pair *p)
{
    const struct snapshot_operation *op = p->op;
    struct finding_on on = on_operation(p, 9, DOCTOR_VIOLATION, DOCTOR_LEAVE);
    if (op->window_chunks > p->window || op->due_chunks > p->window)
        doctor_say(doctor, &on, "has %" PRId64 " range and %" PRId64 " due chunks in Redis, its window is %" PRId64,
                   op->window_chunks, op->due_chunks, p->window);
    on.severity = DOCTOR_WARNING;
    if (op->other_chunks > CHUNK_JOBS_MAX || op->old_chunks > OLD_WINDOWS_MAX * p->window)
        doctor_suspect(doctor, &on,
                       "has %" PRId64 " pieces of suspects and %" PRId64 " chunks of old generations in Redis",
                       op->other_chunks, op->old_chunks);
}

static void judge_operation(struct doctor *doctor, const struct pair *p)
{
    bool live = tally_is_live(p->tally);
    if (p->op->present)
        judge_ahead(doctor, p);
    if (p->op->present && !live)
        judge_ended(doctor, p);
    struct finding_on on = on_operation(p, 5, p->lasting, DOCTOR_LEAVE);
    if (live && p->op->present && p->op->cancelled)
        doctor_suspect(doctor, &on, "is flagged as cancelled in Redis, and was not cancelled");
    if (p->tally->state == OP_RUNNING && !p->op->cancelled) {
        judge_dispatch(doctor, p);
        judge_window(doctor, p);
        judge_due(doctor, p);
    }
    judge_size(doctor, p);
}

static enum err judge_operations(struct doctor *doctor, const struct redis_snapshot *seen, struct err_info *error)
{
    size_t count = 0;
    const char **ids = NULL;
    for (const struct snapshot_operation *op = seen->operations; op != NULL; op = op->hh.next) {
        ids = mem_grow(ids, count + 1, sizeof *ids);
        ids[count++] = op->operation_id;
    }
    struct pg_args *args = pg_args_new();
    pg_arg_texts(args, ids, count);
    PGresult *r = NULL;
    enum err err = pg_exec(doctor->pg, &sql_doctor_live, args, &r, error);
    for (int row = 0; err == ERR_OK && row < pg_rows(r); row++) {
        struct tally tally;
        tally_read(r, row, &tally);
        const struct snapshot_operation *op = redis_snapshot_find(seen, tally.operation_id);
        struct pair pair = {&tally,
                            op,
                            pg_int8(r, row, LIVE_WINDOW),
                            pg_bool(r, row, LIVE_OPEN),
                            pg_bool(r, row, LIVE_READY),
                            !pg_is_null(r, row, LIVE_DUE_MS),
                            pg_int8(r, row, LIVE_DUE_MS),
                            seen->alive > 0 ? DOCTOR_VIOLATION : DOCTOR_WARNING};
        if (op != NULL) /* else it came after we had read Redis */
            judge_operation(doctor, &pair);
    }
    PQclear(r);
    pg_args_drop(args);
    free(ids);
    return err;
}

/* ---- retries that no worker has (I5) ----------------------------------------------------------------------------- */

enum { SET_ASIDE_WORKER, SET_ASIDE_LOAD, SET_ASIDE_OPERATION, SET_ASIDE_JOBS };

struct set_aside {
    struct doctor *doctor;
    const struct redis_snapshot *seen;
    const PGresult *rows;
    bool *held; /* by row */
};

static void note_held(const char *name, struct json_object *said, void *context)
{
    struct set_aside *all = context;
    for (int row = 0; row < pg_rows(all->rows); row++) {
        const char *worker = pg_text(all->rows, row, SET_ASIDE_WORKER);
        size_t len = strlen(worker);
        if (strncmp(name, worker, len) == 0 && name[len] == ' ' &&
            orphans_is_held(said, pg_int8(all->rows, row, SET_ASIDE_LOAD)))
            all->held[row] = true;
    }
}

static void judge_set_aside(const struct set_aside *all, int row)
{
    const char *worker = pg_text(all->rows, row, SET_ASIDE_WORKER);
    struct finding_on on = {5, all->seen->alive > 0 ? DOCTOR_VIOLATION : DOCTOR_WARNING, DOCTOR_LEAVE,
                            pg_text(all->rows, row, SET_ASIDE_OPERATION), pg_int8(all->rows, row, SET_ASIDE_LOAD)};
    /* What it held when it died stands in a list: its retries wait for being run alone. */
    if (!all->held[row] && !redis_snapshot_suspects_of(all->seen, worker))
        doctor_suspect(all->doctor, &on, "%" PRId64 " retries are set aside for %s, which does not have them in hand",
                       pg_int8(all->rows, row, SET_ASIDE_JOBS), worker);
}

/* PostgreSQL is read first: what a worker has loaded since is in its heartbeat, or younger than that. */
static enum err judge_orphans(struct doctor *doctor, const struct redis_snapshot *seen, struct err_info *error)
{
    PGresult *rows = NULL;
    enum err err = pg_exec(doctor->pg, &sql_queue_set_aside, NULL, &rows, error);
    struct set_aside all = {doctor, seen, rows, NULL};
    if (err == ERR_OK && pg_rows(rows) > 0) {
        all.held = mem_array((size_t)pg_rows(rows), sizeof *all.held);
        err = doctor_each_worker(doctor, note_held, &all, error);
        for (int row = 0; err == ERR_OK && row < pg_rows(rows); row++)
            judge_set_aside(&all, row);
        free(all.held);
    }
    PQclear(rows);
    return err;
}

/* ---- workers (I6) and the whole ---------------------------------------------------------------------------------- */

static void judge_lists(struct doctor *doctor, const struct redis_snapshot *seen)
{
    doctor->entries = 0;
    for (size_t i = 0; i < seen->list_count; i++) {
        const struct snapshot_list *list = &seen->lists[i];
        doctor->entries += list->length;
        if (list->unreadable != NULL)
            doctor_say(doctor, &(struct finding_on){0, DOCTOR_WARNING, DOCTOR_LEAVE, queue_names[list->queue], 0},
                       "a list of chunks holds something else: %s", list->unreadable);
        if (list->kind == SNAPSHOT_REJECTED && list->length > REJECTED_MAX)
            doctor_say(doctor, &(struct finding_on){9, DOCTOR_VIOLATION, DOCTOR_LEAVE, "inbox:rejected", 0},
                       "keeps %" PRId64 " items, more than %d", list->length, REJECTED_MAX);
        if (list->worker == NULL || list->length == 0)
            continue;
        int64_t silence_ms = redis_snapshot_silence_ms(seen, list->worker);
        struct finding_on on = {6, seen->alive > 0 ? DOCTOR_VIOLATION : DOCTOR_WARNING, DOCTOR_LEAVE, list->worker, 0};
        if (silence_ms >= WORKER_ALIVE_MS)
            doctor_suspect(doctor, &on, "holds %" PRId64 " %s and has given no sign of life for %" PRId64 " s",
                           list->length, list->kind == SNAPSHOT_ACTIVE ? "chunks" : "requests", silence_ms / 1000);
    }
    if (seen->cut)
        doctor_say(doctor, &(struct finding_on){9, DOCTOR_VIOLATION, DOCTOR_LEAVE, "", 0},
                   "a list is so long that it was not read to its end");
}

static enum err judge_content(struct doctor *doctor, const struct redis_snapshot *seen, int live,
                              struct err_info *error)
{
    struct dispatch dispatch = {doctor->redis, doctor->prefix};
    struct redis_identity identity = {0};
    struct finding_on on = {0, live > 0 ? DOCTOR_WARNING : DOCTOR_NOTE, DOCTOR_LEAVE, "Redis", 0};
    enum err err = redis_identity_read(&dispatch, doctor->pg, &identity, error);
    if (err == ERR_OK && redis_identity_doubt(&identity) != NULL)
        doctor_suspect(doctor, &on, "%s; a worker rebuilds it from PostgreSQL", redis_identity_doubt(&identity));
    if (err == ERR_OK && seen->alive == 0)
        doctor_suspect(doctor, &on, "no worker lives; %d operations wait", live);
    redis_identity_fini(&identity);
    return err;
}

/* With the hashes of `live` (first column). */
static enum err snapshot_take(struct doctor *doctor, const PGresult *live, struct redis_snapshot **seen,
                              struct err_info *error)
{
    const struct dispatch dispatch = {doctor->redis, doctor->prefix};
    size_t count = (size_t)pg_rows(live);
    const char **ids = mem_array(count + 1, sizeof *ids);
    for (size_t i = 0; i < count; i++)
        ids[i] = pg_text(live, (int)i, 0);
    const struct redis_snapshot_spec spec = {
        .ids = ids, .id_count = count, .whole = true, .with_inbox = true, .entries_max = ENTRIES_MAX};
    enum err err = redis_snapshot_take(&dispatch, &spec, seen, error);
    free(ids);
    return err;
}

enum err doctor_dispatch(struct doctor *doctor, struct err_info *error)
{
    PGresult *live = NULL;
    struct redis_snapshot *seen = NULL;
    enum err err = pg_exec(doctor->pg, &sql_doctor_live_ids, NULL, &live, error);
    if (err == ERR_OK)
        err = snapshot_take(doctor, live, &seen, error);
    if (err == ERR_PERMANENT) { /* a key is of another type, or we may not read it */
        doctor_say(doctor, &(struct finding_on){0, DOCTOR_VIOLATION, DOCTOR_LEAVE, "Redis", 0},
                   "what stands in it cannot be read (I5, I6, I7 and I9 are not checked): %s", error->text);
        PQclear(live);
        return ERR_OK;
    }
    if (err == ERR_OK)
        err = judge_operations(doctor, seen, error);
    if (err == ERR_OK) {
        judge_lists(doctor, seen);
        err = judge_orphans(doctor, seen, error);
    }
    if (err == ERR_OK) {
        err = judge_content(doctor, seen, pg_rows(live), error);
    }
    redis_snapshot_drop(seen);
    PQclear(live);
    return err;
}
