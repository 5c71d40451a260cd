/*
 * Jobs in hand: loading a chunk's open jobs, what became of each (its outcome), and the settle that makes it true.
 */
#ifndef REPRISE_QUEUE_JOB_H
#define REPRISE_QUEUE_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/queue/chunk.h"
#include "common/queue/operation.h"
#include "common/store/pg.h"

#define JOB_CRASHES_MAX 3 /* deaths alone by a fatal signal, after which a job is settled as failed */

/* An open job. The texts belong to the load that it came from. */
struct job {
    int64_t seq;
    int phase;
    const char *kind, *key;
    int attempt, failures, crashes;
    const char *checkpoint; /* JSON, or NULL */
    const char *item;       /* JSON, or NULL: what a selection of a definition's own gave beside the key */
};

struct load_spec {
    const struct chunk *chunk;
    const char *worker;
    int64_t timeout_ms; /* of a job: due ones are moved ahead by it */
    int64_t number;     /* of a due chunk: which load of this worker it is; a new one for each try */
    int at_most;        /* of a due chunk */
    bool alone;         /* a suspect's single job: run it whatever its run_at */
};

struct load {
    struct job *jobs; /* ascending by seq */
    size_t count;
    struct tally tally;
    int64_t due_ms;    /* until the next retry of the operation is due; −1 = none waits */
    int64_t next_open; /* where the cursor may jump to, if the chunk's range holds no open job any more; else 0 */
    struct pg_batch *batch;
};

/* On success load_drop is owed. ERR_NOT_FOUND: PostgreSQL knows no such operation. An operation that does not run gives
 * no jobs; `tally` says why. */
MUST_CHECK enum err load_chunk(struct pg *pg, const struct load_spec *spec, struct load **load, struct err_info *error);
void load_drop(struct load *load);

enum outcome {
    OUTCOME_NONE, /* not begun, or given up on the way (paused, drained): stays open as it is */
    OUTCOME_SUCCEEDED,
    OUTCOME_FAILED,
    OUTCOME_SKIPPED,
    OUTCOME_RETRY,   /* failed, with tries left: again after delay_ms */
    OUTCOME_PUT_OFF, /* could not begin: again after delay_ms, no try used */
};
/* The words of the final ones, as tables and metrics have them, in the order of the enum; NULL ends the list. */
#define OUTCOMES_FINAL 3
extern const char *const outcome_words[OUTCOMES_FINAL + 1];
/* The word of a final one. */
const char *outcome_name(enum outcome outcome);

struct job_result {
    enum outcome outcome;
    char *error;  /* owned; of a failure, a retry, a skip */
    char *result; /* owned; JSON object, or NULL */
    int64_t delay_ms;
};
void job_result_fini(struct job_result *result);

/* Adds a handler's effects to the transaction that ends (or puts back) jobs: for exactly the jobs of `mine`, indices
 * into the settlement's arrays; all of them have final outcomes, or all are tried again: OUTCOME_RETRY, or
 * OUTCOME_PUT_OFF with an error. */
typedef void settle_effects_fn(struct pg_batch *batch, const size_t *mine, size_t count, void *context);

/* Runs between the fence and the outcomes, in the settle's transaction, for exactly the jobs of `mine`; what it finds
 * becomes their outcome (succeeded, failed or skipped), error and result. Called again where the settle is repeated, or
 * tried with fewer jobs. An error undoes all; ERR_PERMANENT says that one of these jobs may be to blame. */
typedef enum err settle_within_fn(struct pg *pg, struct job_result *results, const size_t *mine, size_t count,
                                  void *context, struct err_info *error);

struct settle_request {
    const char *operation_id, *worker;
    int64_t started_ms; /* clock_mono_ms when the chunk began */
    const struct job *jobs;
    struct job_result *results;
    size_t count;
    const char *exclusive_key; /* of the one job that holds a lease, else NULL */
    settle_effects_fn *effects;
    void *context;            /* of effects and within */
    settle_within_fn *within; /* NULL = none */
};

struct settle_result {
    bool any;           /* something was settled; then: */
    struct tally tally; /* as of that commit */
    int64_t ended, retried;
    int64_t lost; /* whose promise was gone: settled by another, or cancelled */
};

/* Ends what has a final outcome in one transaction, puts back what is to be tried again in another. Repeating it after
 * an ERR_RETRY or ERR_UNREACHABLE is harmless: the fence lets through only what is still open. ERR_FENCED: the
 * operation is not running any more; nothing was written. A statement refused because of one job's data is redone for
 * halves of the jobs, down to that job, which fails with the reason (its result is changed). So it is where an effect
 * raises RP004, as what the job read is not there any more: that job is put off by nothing, and no try is used. */
MUST_CHECK enum err settle(struct pg *pg, const struct settle_request *settlement, struct settle_result *settled,
                           struct err_info *error);

#endif
