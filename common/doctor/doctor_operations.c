/*
 * Operations by their counts (I1, I2), what came after a cancel (I4), effects that outcomes promise (I3), texts of
 * errors (I10). All statements about a batch of operations share one snapshot, so a running system gives exact answers.
 */
#include <inttypes.h>
#include <string.h>

#include "common/doctor/doctor_private.h"
#include "common/queue/job.h"
#include "common/queue/lease.h"
#include "embedded/sql_doctor.h"

#define OPERATIONS_AT_ONCE 20

/* The columns of counts. */
enum {
    COUNTS_ID,
    COUNTS_HAS_OPERATION,
    COUNTS_HAS_TALLY,
    COUNTS_STATE,
    COUNTS_TOTAL,
    COUNTS_SUCCEEDED,
    COUNTS_FAILED,
    COUNTS_SKIPPED,
    COUNTS_CANCELLED,
    COUNTS_LAST_SEQ,
    COUNTS_FINISHED,
    COUNTS_PRUNED,
    COUNTS_MAY_BE_PRUNED,
    COUNTS_OPEN,
    COUNTS_OTHER_PHASE,
    COUNTS_BEYOND,
    COUNTS_BOTH,
    COUNTS_DONE_SUCCEEDED,
    COUNTS_DONE_FAILED,
    COUNTS_DONE_SKIPPED,
    COUNTS_DONE_BEYOND,
};

struct counts {
    const char *id;
    struct tally tally;
    int64_t open, both, of_other_phase, beyond, done_beyond;
    int64_t done[OUTCOMES_FINAL], told[OUTCOMES_FINAL]; /* as they are there, and as the tally says: outcome_words */
    bool finished, pruned, may_be_pruned;
};

static struct counts counts_read(const PGresult *r, int row)
{
    struct counts c = {.id = pg_text(r, row, COUNTS_ID)};
    c.tally.state = op_state_of(pg_text(r, row, COUNTS_STATE));
    c.tally.total = pg_int8(r, row, COUNTS_TOTAL);
    c.tally.cancelled_jobs = pg_int8(r, row, COUNTS_CANCELLED);
    c.tally.last_seq = pg_int8(r, row, COUNTS_LAST_SEQ);
    c.open = pg_int8(r, row, COUNTS_OPEN);
    c.both = pg_int8(r, row, COUNTS_BOTH);
    c.of_other_phase = pg_int8(r, row, COUNTS_OTHER_PHASE);
    c.beyond = pg_int8(r, row, COUNTS_BEYOND);
    c.done_beyond = pg_int8(r, row, COUNTS_DONE_BEYOND);
    for (int k = 0; k < 3; k++) {
        c.done[k] = pg_int8(r, row, COUNTS_DONE_SUCCEEDED + k);
        c.told[k] = pg_int8(r, row, COUNTS_SUCCEEDED + k);
    }
    c.finished = pg_bool(r, row, COUNTS_FINISHED);
    c.pruned = pg_bool(r, row, COUNTS_PRUNED);
    c.may_be_pruned = pg_bool(r, row, COUNTS_MAY_BE_PRUNED);
    return c;
}

static int64_t sum(const int64_t three[3])
{
    return three[0] + three[1] + three[2];
}

static struct finding_on violation(int invariant, const char *subject)
{
    return (struct finding_on){invariant, DOCTOR_VIOLATION, DOCTOR_LEAVE, subject, 0};
}

/* I1: open or settled, never both, never neither. Gaps in the sequence are allowed, so this is a matter of counts. */
static void judge_jobs(struct doctor *doctor, const struct counts *c)
{
    struct finding_on on = violation(1, c->id);
    if (c->both > 0)
        doctor_say(doctor, &on, "%" PRId64 " jobs are open and settled at once", c->both);
    if (c->beyond + c->done_beyond > 0)
        doctor_say(doctor, &on, "%" PRId64 " open and %" PRId64 " settled jobs were never planned", c->beyond,
                   c->done_beyond);
    if (tally_is_live(&c->tally) && c->of_other_phase > 0)
        doctor_say(doctor, &on, "%" PRId64 " open jobs are not of the current phase", c->of_other_phase);
    if (c->tally.state == OP_COMPLETED && c->open > 0)
        doctor_say(doctor, &on, "is completed and has %" PRId64 " open jobs", c->open);
    bool pruning = c->pruned || c->may_be_pruned;
    int64_t there = c->open - c->both + sum(pruning ? c->told : c->done) + c->tally.cancelled_jobs;
    if (there < c->tally.total)
        doctor_say(doctor, &on, "%" PRId64 " of %" PRId64 " jobs are neither open nor settled", c->tally.total - there,
                   c->tally.total);
}

/* I2: each count equals what it counts, and they add up. */
static void judge_counts(struct doctor *doctor, const struct counts *c)
{
    struct finding_on on = violation(2, c->id);
    for (int k = 0; k < OUTCOMES_FINAL && !c->pruned; k++)
        if (c->may_be_pruned ? c->done[k] > c->told[k] : c->done[k] != c->told[k])
            doctor_say(doctor, &on, "the tally counts %" PRId64 " %s, there are %" PRId64, c->told[k], outcome_words[k],
                       c->done[k]);
    int64_t added = sum(c->told) + c->tally.cancelled_jobs + c->open - c->both;
    bool told_rightly = c->pruned || sum(c->told) == sum(c->done);
    if (told_rightly && added > c->tally.total)
        doctor_say(doctor, &on, "counts and open jobs add up to %" PRId64 ", the total is %" PRId64, added,
                   c->tally.total);
    if (c->tally.total > c->tally.last_seq)
        doctor_say(doctor, &on, "the total is %" PRId64 ", but only %" PRId64 " sequence numbers were given out",
                   c->tally.total, c->tally.last_seq);
    if (c->finished == tally_is_live(&c->tally))
        doctor_say(doctor, &on, "is %s and has %s time of its end", op_state_name(c->tally.state),
                   c->finished ? "a" : "no");
    if (c->pruned && sum(c->done) > 0)
        doctor_say(doctor, &on, "was pruned and has %" PRId64 " outcomes", sum(c->done));
}

static void counts_judge(struct doctor *doctor, const PGresult *counts)
{
    for (int row = 0; row < pg_rows(counts); row++) {
        struct finding_on on = violation(2, pg_text(counts, row, COUNTS_ID));
        doctor->operations++;
        if (!pg_bool(counts, row, COUNTS_HAS_TALLY) || !pg_bool(counts, row, COUNTS_HAS_OPERATION)) {
            doctor_say(doctor, &on, "has no row in the table %s",
                       pg_bool(counts, row, COUNTS_HAS_TALLY) ? "operation" : "tally");
            continue;
        }
        struct counts c = counts_read(counts, row);
        judge_jobs(doctor, &c);
        judge_counts(doctor, &c);
    }
}

/* I4. */
static void judge_late(struct doctor *doctor, const PGresult *late)
{
    for (int row = 0; row < pg_rows(late); row++) {
        const char *id = pg_text(late, row, 0);
        struct finding_on on = violation(4, id), doubt = {4, DOCTOR_NOTE, DOCTOR_LEAVE, id, 0};
        int64_t surely = pg_int8(late, row, 1) + pg_int8(late, row, 2);
        if (surely > 0)
            doctor_say(doctor, &on, "%" PRId64 " jobs were settled after the cancel", surely);
        if (pg_int8(late, row, 4) > 0)
            doctor_say(doctor, &on, "%" PRId64 " deliveries were announced after the cancel", pg_int8(late, row, 4));
        if (pg_int8(late, row, 3) > 0)
            doctor_say(doctor, &doubt,
                       "%" PRId64
                       " jobs were settled by transactions that began after the cancel had; whether they ended before"
                       " it cannot be told: track_commit_timestamp is off",
                       pg_int8(late, row, 3));
    }
}

static void judge_effects(struct doctor *doctor, const PGresult *missing)
{
    for (int row = 0; row < pg_rows(missing); row++) {
        struct finding_on on = violation(3, pg_text(missing, row, 0));
        doctor_say(doctor, &on, "succeeded, but the link %s does not show it", pg_text(missing, row, 1));
    }
}

static void judge_texts(struct doctor *doctor, const PGresult *secrets)
{
    for (int row = 0; row < pg_rows(secrets); row++) {
        struct finding_on on = violation(10, pg_text(secrets, row, 0));
        doctor_say(doctor, &on, "its text looks as if it held a secret");
    }
}

static enum err check_batch(struct doctor *doctor, const PGresult *ids, int from, int to, struct err_info *error)
{
    struct pg_batch *batch = doctor_snapshot_new();
    struct pg_args *args = pg_batch_add(batch, &sql_doctor_counts);
    doctor_arg_rows(args, ids, 0, from, to);
    pg_arg_int8(args, doctor->options->retention_ms);
    doctor_arg_rows(pg_batch_add(batch, &sql_doctor_late), ids, 0, from, to);
    doctor_arg_rows(pg_batch_add(batch, &sql_doctor_missing_effects), ids, 0, from, to);
    args = pg_batch_add(batch, &sql_doctor_secrets);
    struct buf pattern = BUF_INIT;
    doctor_secret_pattern(&pattern);
    doctor_arg_rows(args, ids, 0, from, to);
    pg_arg_text(args, pattern.data);
    buf_fini(&pattern);
    enum err err = doctor_snapshot_run(doctor->pg, batch, error);
    if (err == ERR_OK) {
        counts_judge(doctor, pg_batch_result(batch, 1));
        judge_late(doctor, pg_batch_result(batch, 2));
        judge_effects(doctor, pg_batch_result(batch, 3));
        judge_texts(doctor, pg_batch_result(batch, 4));
    }
    pg_batch_drop(batch);
    return err;
}

static enum err check_orphans(struct doctor *doctor, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_bool(args, doctor->options->depth == DOCTOR_DEEP);
    PGresult *r = NULL;
    enum err err = pg_exec(doctor->pg, &sql_doctor_orphans, args, &r, error);
    for (int row = 0; err == ERR_OK && row < pg_rows(r); row++) {
        struct finding_on on = violation(1, pg_text(r, row, 0));
        doctor_say(doctor, &on, "has jobs, but no tally");
    }
    PQclear(r);
    pg_args_drop(args);
    return err;
}

enum err doctor_operations(struct doctor *doctor, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    doctor_arg_bound(doctor, args, doctor->options->operations);
    PGresult *ids = NULL;
    enum err err = pg_exec(doctor->pg, &sql_doctor_operations, args, &ids, error);
    pg_args_drop(args);
    int count = err == ERR_OK ? pg_rows(ids) : 0;
    for (int from = 0; err == ERR_OK && from < count; from += OPERATIONS_AT_ONCE)
        err = check_batch(doctor, ids, from, count - from > OPERATIONS_AT_ONCE ? from + OPERATIONS_AT_ONCE : count,
                          error);
    PQclear(ids);
    return err == ERR_OK ? check_orphans(doctor, error) : err;
}

/* ---- leases ------------------------------------------------------------------------------------------------------ */

/*
 * Leases (I8; of cancelled operations I4). That one key has one holder is the primary key; here it is looked at whether
 * each holder is an attempt that may write. A stale one cannot write, but while it goes on touching its lease it keeps
 * the key.
 */

/* Less than the 10 s of a look again: a lease that is so young at each look was touched in between. */
#define TOUCHED_LATELY_MS (LEASE_TOUCH_MS + 1000)
/* An exclusive job whose worker vanished with its supervisor goes back within a minute. */
#define ENDED_LONG_AGO_MS 60000

enum {
    LEASE_KEY,
    LEASE_JOB,
    LEASE_ATTEMPT,
    LEASE_WORKER,
    LEASE_UNTOUCHED,
    LEASE_STATE,
    LEASE_OF_JOB,
    LEASE_KEYS,
    LEASE_ENDED
};

static void judge_stale(struct doctor *doctor, const PGresult *r, int row, const char *why)
{
    int64_t untouched_ms = pg_int8(r, row, LEASE_UNTOUCHED);
    struct finding_on on = {8, DOCTOR_VIOLATION, DOCTOR_LEAVE, pg_text(r, row, LEASE_KEY), 0};
    if (untouched_ms < TOUCHED_LATELY_MS) {
        doctor_suspect(doctor, &on, "is held and kept for job %s, attempt %" PRId64 ", %s", pg_text(r, row, LEASE_JOB),
                       pg_int8(r, row, LEASE_ATTEMPT), why);
        return;
    }
    on.severity = DOCTOR_NOTE;
    on.remedy = DOCTOR_RELEASE;
    doctor_suspect(doctor, &on, "stands as held for job %s, %s; the next claim takes it", pg_text(r, row, LEASE_JOB),
                   why);
}

static void judge_live(struct doctor *doctor, const PGresult *r, int row)
{
    int64_t attempt = pg_int8(r, row, LEASE_ATTEMPT), of_job = pg_int8(r, row, LEASE_OF_JOB);
    struct finding_on on = {8, DOCTOR_VIOLATION, DOCTOR_LEAVE, pg_text(r, row, LEASE_KEY), 0};
    if (pg_int8(r, row, LEASE_KEYS) > 1)
        doctor_say(doctor, &on, "job %s holds %" PRId64 " keys", pg_text(r, row, LEASE_JOB),
                   pg_int8(r, row, LEASE_KEYS));
    if (pg_is_null(r, row, LEASE_OF_JOB))
        judge_stale(doctor, r, row, "which is not open any more");
    else if (attempt > of_job)
        doctor_say(doctor, &on, "is held by attempt %" PRId64 " of job %s, which had only %" PRId64, attempt,
                   pg_text(r, row, LEASE_JOB), of_job);
    else if (attempt < of_job)
        judge_stale(doctor, r, row, "which has a newer attempt");
    else if (pg_int8(r, row, LEASE_UNTOUCHED) > LEASE_MS) {
        on.severity = DOCTOR_NOTE;
        on.remedy = DOCTOR_RELEASE;
        doctor_suspect(doctor, &on, "was not touched for %" PRId64 " s by %s; the next claim takes it",
                       pg_int8(r, row, LEASE_UNTOUCHED) / 1000, pg_text(r, row, LEASE_WORKER));
    }
}

static void lease_judge(struct doctor *doctor, const PGresult *r, int row)
{
    const char *key = pg_text(r, row, LEASE_KEY);
    struct finding_on on = {8, DOCTOR_VIOLATION, DOCTOR_RELEASE, key, 0};
    if (pg_is_null(r, row, LEASE_STATE)) {
        doctor_suspect(doctor, &on, "is held for job %s, whose operation does not exist", pg_text(r, row, LEASE_JOB));
        return;
    }
    if (pg_int8(r, row, LEASE_UNTOUCHED) < -LEASE_MS)
        doctor_suspect(doctor, &on,
                       "is held for job %s by a touch that is still to come: it cannot be taken until then",
                       pg_text(r, row, LEASE_JOB));
    enum op_state state = op_state_of(pg_text(r, row, LEASE_STATE));
    if (state == OP_RUNNING || state == OP_PAUSED) {
        judge_live(doctor, r, row);
        return;
    }
    bool cancelled = state == OP_CANCELLED;
    on.invariant = cancelled ? 4 : 8;
    if (pg_int8(r, row, LEASE_ENDED) < ENDED_LONG_AGO_MS)
        on.severity = DOCTOR_NOTE; /* a holder that was at work lets go at its next step */
    doctor_suspect(doctor, &on, "is still held for job %s, whose operation is %s", pg_text(r, row, LEASE_JOB),
                   op_state_name(state));
}

enum err doctor_leases(struct doctor *doctor, struct err_info *error)
{
    PGresult *r = NULL;
    enum err err = pg_exec(doctor->pg, &sql_doctor_leases, NULL, &r, error);
    doctor->leases = err == ERR_OK ? pg_rows(r) : 0;
    for (int row = 0; row < doctor->leases; row++)
        lease_judge(doctor, r, row);
    PQclear(r);
    return err;
}
