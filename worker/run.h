/*
 * What a handler sees of the world: the jobs it is to run, its executor's connection, and the rules it must keep. A
 * handler is one function in worker/run/, plain blocking C that reads from top to bottom; it rules on each job
 * (succeed, fail, skip, put off) and returns. The executor then settles: claim, fence, retries and repetition are not
 * the handler's business.
 *
 * Of an exclusive kind the executor has claimed the lease before the handler runs, and there is one job. Such a handler
 * calls run_tick at least every few seconds, also while git or a request runs, and records its progress by checkpoints.
 */
#ifndef REPRISE_WORKER_RUN_H
#define REPRISE_WORKER_RUN_H

#include <json-c/json_object.h>

#include "common/base/config.h"
#include "common/base/crypto.h"
#include "common/definitions/definition.h"
#include "common/queue/job.h"
#include "common/queue/lease.h"

struct run {
    struct pg *pg;
    const struct config *config;
    const struct crypto_keys *keys;
    const char *worker;
    const char *operation_id;
    const char *requested_by;
    struct json_object *args;            /* the operation's */
    const struct definition *definition; /* the version that the operation is pinned to */
    bool dry_run;

    const struct job *jobs;
    size_t count;
    struct job_result *results; /* one for each job; all OUTCOME_NONE at first */

    struct lease *lease; /* of an exclusive kind, else NULL */
    void **tools;        /* the handler's own, kept by the executor from run to run; NULL at first. See struct runner */

    /* What is to be written in the transaction that settles (or puts back) the jobs; may stay NULL. `context` must live
     * until the handler's `drop_effects` is called. */
    settle_effects_fn *effects;
    void *effects_context;
    void (*drop_effects)(void *effects_context);

    struct executor *executor; /* for run.c */
    enum op_state looked;      /* for run.c: the operation's state when it was looked at last */
    int64_t looked_ms;         /* for run.c: when that was, clock_boot_ms */
};

/* A row of the table in worker/run/table.c. */
struct runner {
    const char *kind;
    void (*run)(struct run *run);
    void (*drop_tools)(void *tools); /* NULL if it keeps none */
    /* Called after each settle, with the counts as of it; NULL if nobody wants to know. */
    void (*settled)(const struct tally *tally);
};
extern const struct runner runners[];
const struct runner *runner_find(const char *kind);

/* ---- results ------------------------------------------------------------------------------------------------- */

/* `result`: a JSON object as text, copied, or NULL. */
void run_succeed(struct run *run, size_t index, const char *result);
void run_skip(struct run *run, size_t index, const char *reason, const char *result);
/* Decides by the definition's retry rule: tries left → again after the back-off (or what the other side asked for, at
 * most 24 h); none left, or an ERR_PERMANENT that `final` marks → failed. */
enum run_retry { RUN_MAY_RETRY, RUN_FINAL };
void run_fail(struct run *run, size_t index, const struct err_info *error, enum run_retry retry, const char *result);
/* Not begun for a reason that will pass: no try is used. The second keeps the reason for whoever looks at the job. */
void run_put_off(struct run *run, size_t index, int64_t delay_ms);
void run_put_off_because(struct run *run, size_t index, int64_t delay_ms, const char *reason);

/* What this worker lacks: its heartbeat and the doctor tell of it for so long, or until something else is noted. */
void run_note_health(const struct run *run, const char *text, int64_t for_ms);

/* ---- while it runs ----------------------------------------------------------------------------------------------- */

/* Keeps the lease where it is due (every 8 s) and tells whether to go on. ERR_OK: go on. ERR_FENCED: cancelled or taken
 * over; ERR_INTERRUPTED: paused, or this worker is drained. In both cases stop at once, rule nothing: what is open
 * stays open. ERR_UNREACHABLE, ERR_RETRY: PostgreSQL does not answer; stop with run_fail or return. A child_tick_fn:
 * context is the run.
 * Without a lease the operation's state is looked at instead, twice a second, and where PostgreSQL does not answer the
 * run goes on: it may be called as often as one likes, but not while a statement of one's own is under way. */
MUST_CHECK enum err run_tick(void *run, struct err_info *error);
/* By what run_tick says, without a lease: whether the next of many jobs is to begin. */
bool run_goes_on(struct run *run);
/* Whether this worker is drained. Never blocks. */
bool run_stopping(const struct run *run);

/* Waits; false once the handler should stop, then at once. */
bool run_pause(const struct run *run, int64_t ms);

/* Before each request to the outside: makes sure that the lease was touched less than LEASE_FRESH_MS ago. As run_tick.
 */
MUST_CHECK enum err run_fresh(struct run *run, struct err_info *error);

/* A checkpoint: add the effects to what run_checkpoint returns, then commit. `remember` (JSON, or NULL = as before) is
 * what the next attempt finds in job.checkpoint. Commit repeats by itself while PostgreSQL is away or refuses for the
 * moment, as long as the lease allows. ERR_FENCED, ERR_INTERRUPTED (it was committed, but stop now), ERR_UNREACHABLE,
 * ERR_PERMANENT. */
struct pg_batch *run_checkpoint(struct run *run, const char *remember);
MUST_CHECK enum err run_checkpoint_commit(struct run *run, struct pg_batch *batch, struct err_info *error);
/* The same in two halves, so that requests can be driven meanwhile: start sends it, end waits and repeats where needed.
 */
MUST_CHECK enum err run_checkpoint_start(struct run *run, struct pg_batch *batch, struct err_info *error);
MUST_CHECK enum err run_checkpoint_end(struct run *run, struct pg_batch *batch, struct err_info *error);

#endif
