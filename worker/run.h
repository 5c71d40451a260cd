/*
 * A run: what a handler sees of the world. It holds the jobs that the handler is to run, the executor's connection, and
 * the functions through which the handler acts. A handler is one function in worker/run/, plain blocking C that reads
 * from top to bottom: it gives each job a result (succeed, fail, skip, put off) and returns. Everything else is done by
 * worker/job_group.c, which calls it: the claim, the settle with its fence, retries and repetition.
 *
 * The jobs of an exclusive kind come one at a time, with their lease claimed. Such a handler calls run_tick at least
 * every few seconds, also while git or a request runs, and records its progress by checkpoints.
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
    void **
        tools; /* the handler's own, kept by the executor from run to run; *tools is NULL at first. See struct runner */

    /* What is to be written in the transaction that settles the jobs or puts them back; may stay NULL. The context must
     * live until drop_effects is called with it. */
    settle_effects_fn *effects;
    void *effects_context;
    void (*drop_effects)(void *effects_context);
    settle_within_fn *within; /* with the same context; may stay NULL */

    struct executor_state *executor; /* for run.c */
    enum op_state op_state;          /* for run.c: the operation's state when it was read last */
    int64_t op_state_ms;             /* for run.c: when that was, clock_boot_ms */
};

/* A row of the table in worker/run/table.c. */
struct runner {
    const char *kind;
    void (*run)(struct run *run);
    void (*drop_tools)(void *tools); /* NULL if it keeps none */
    /* Called after each settle, with the counts as of it; NULL = not called. */
    void (*settled)(const struct tally *tally);
    /* Runs of several operations may be settled together: between the handler and its effects, another run of the kind
     * may be called with the same tools. */
    bool together;
};
extern const struct runner runners[];
const struct runner *runner_find(const char *kind);

/* ---- results ----------------------------------------------------------------------------------------------------- */

/* `result`: a JSON object as text, copied, or NULL. */
void run_succeed(struct run *run, size_t index, const char *result);
void run_skip(struct run *run, size_t index, const char *reason, const char *result);
/* Decides by the definition's retry rule. With tries left the job is run again, after the back-off or after what the
 * other side asked for (24 h at most). Without, or with RUN_FINAL, it has failed. */
enum run_retry { RUN_MAY_RETRY, RUN_FINAL };
void run_fail(struct run *run, size_t index, const struct err_info *error, enum run_retry retry, const char *result);
/* Not begun, for a reason that will pass: no try is used. The second form keeps the reason with the job, to be shown.
 */
void run_put_off(struct run *run, size_t index, int64_t delay_ms);
void run_put_off_because(struct run *run, size_t index, int64_t delay_ms, const char *reason);

/* What this worker lacks: its heartbeat and the doctor report the note for so long, or until another one is noted. */
void run_note_health(const struct run *run, const char *text, int64_t for_ms);

/* ---- while it runs ----------------------------------------------------------------------------------------------- */

/* Keeps the lease where it is due (every 8 s), and says whether to go on; a child_tick_fn, whose context is the run.
 *   ERR_OK           go on
 *   ERR_FENCED       the operation was cancelled, or another attempt has taken the job over
 *   ERR_INTERRUPTED  the operation is paused, or this worker is drained
 *                    After these two return at once, without a result: what is open stays open.
 *   ERR_UNREACHABLE, ERR_RETRY   PostgreSQL does not answer; stop with run_fail, or return
 * Without a lease the operation's state is read instead, twice a second, and where PostgreSQL does not answer the run
 * goes on. Calling it often costs nothing, but it must not be called while another statement is under way. */
MUST_CHECK enum err run_tick(void *run, struct err_info *error);
/* By what run_tick says, without a lease: whether the next of many jobs is to begin. */
bool run_goes_on(struct run *run);
/* Whether this worker is drained. Never blocks. */
bool run_stopping(const struct run *run);

/* Waits; false once the handler should stop, and then at once. */
bool run_pause(const struct run *run, int64_t ms);

/* Before each request to the outside: makes sure that the lease was touched less than LEASE_FRESH_MS ago. Errors as of
 * run_tick. */
MUST_CHECK enum err run_fresh(struct run *run, struct err_info *error);

/* ---- checkpoints: an exclusive job records a part of its work ---------------------------------------------------- */

/* Begins one: the caller adds its effects to the batch that is returned, then commits it. `remember` (JSON; NULL = as
 * before) is what the next attempt finds in job.checkpoint. */
struct pg_batch *run_checkpoint(struct run *run, const char *remember);
/* Repeats by itself while PostgreSQL is away or refuses for the moment, as long as the lease allows. ERR_FENCED;
 * ERR_INTERRUPTED (it was committed, but stop now); ERR_UNREACHABLE; ERR_PERMANENT. */
MUST_CHECK enum err run_checkpoint_commit(struct run *run, struct pg_batch *batch, struct err_info *error);
/* The same in two halves, so that requests can be sent meanwhile: start sends it; end waits, and repeats where needed.
 */
MUST_CHECK enum err run_checkpoint_start(struct run *run, struct pg_batch *batch, struct err_info *error);
MUST_CHECK enum err run_checkpoint_end(struct run *run, struct pg_batch *batch, struct err_info *error);

/* ---- handlers ---------------------------------------------------------------------------------------------------- */

/*
 * The handlers: what a job of each kind does. The table (table.c) binds them to the names of common/kinds.
 */

void noop_run(struct run *run);
void snapshot_run(struct run *run);
void resync_run(struct run *run);
void resync_definitions_run(struct run *run);
void scan_run(struct run *run);
void enrich_run(struct run *run);
void score_run(struct run *run);
void similarity_run(struct run *run);
void patterns_run(struct run *run);
void recost_run(struct run *run);
void cost_webhook_run(struct run *run);
void sql_run(struct run *run);
void command_run(struct run *run);

/* Drop what score_run and similarity_run keep from one chunk to the next. */
void score_means_drop(void *means);
void similar_index_drop(void *index);

/* After each settle: "resync progress: …" in the log. */
void recost_settled(const struct tally *tally);

#endif
