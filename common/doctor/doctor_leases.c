/*
 * Leases (I8; of cancelled operations I4). That one key has one holder is the primary key; here it is looked at whether
 * each holder is an attempt that may write. A stale one cannot write, but while it goes on touching its lease it keeps
 * the key.
 */
#include <inttypes.h>
#include <string.h>

#include "common/doctor/doctor_private.h"
#include "common/queue/lease.h"
#include "embedded/sql_doctor.h"

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
    struct verdict_on on = {8, DOCTOR_VIOLATION, DOCTOR_LEAVE, pg_text(r, row, LEASE_KEY), 0};
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
    struct verdict_on on = {8, DOCTOR_VIOLATION, DOCTOR_LEAVE, pg_text(r, row, LEASE_KEY), 0};
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

static void judge(struct doctor *doctor, const PGresult *r, int row)
{
    const char *key = pg_text(r, row, LEASE_KEY);
    struct verdict_on on = {8, DOCTOR_VIOLATION, DOCTOR_RELEASE, key, 0};
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
        judge(doctor, r, row);
    PQclear(r);
    return err;
}
