/*
 * The lease of an exclusive job: at most one attempt at a time holds a key, and a stale attempt writes nothing (I8). It
 * lives in PostgreSQL, whose clock decides; it can be taken over when it was not touched for LEASE_MS.
 */
#ifndef REPRISE_QUEUE_LEASE_H
#define REPRISE_QUEUE_LEASE_H

#include "common/queue/job.h"

#define LEASE_MS 50000         /* also in sql/migrations/0001_queue.sql, claim() */
#define LEASE_TOUCH_MS 8000    /* touched at least so often (the rule says 10 s) */
#define LEASE_FRESH_MS 20000   /* a request to the outside starts only when the touch is younger than this … */
#define LEASE_REQUEST_MS 30000 /* … and is over after this; a dead sender's lease is given up after this too */
#define LEASE_BUSY_MS 2000     /* a job whose key is held by another is put off by this */

struct lease {
    char operation_id[ID_MAX];
    int64_t seq;
    int attempt; /* the fencing token */
    char *key;
    int64_t touched_ms; /* clock_boot_ms just before the request that touched it last was sent */
};

/* Who claims which job. */
struct claim {
    const char *operation_id;
    const struct job *job;
    const char *worker;
};
/* Raises the job's attempt and takes the lease. ERR_BUSY: held by another; ERR_FENCED: not running, or the attempt that
 * was loaded is stale. On success lease_fini is owed (it writes nothing). */
MUST_CHECK enum err lease_claim(struct pg *pg, const struct claim *claim, struct lease *lease, struct err_info *error);
void lease_fini(struct lease *lease);

/* Keeps it. `*state` is the operation's: paused and cancelled ones should stop. ERR_FENCED: it is another's. */
MUST_CHECK enum err lease_touch(struct pg *pg, struct lease *lease, enum op_state *state, struct err_info *error);
/* Gives it back without a result; no error if it is gone. */
MUST_CHECK enum err lease_release(struct pg *pg, const struct lease *lease, struct err_info *error);

/* A checkpoint: a transaction that records a part of the job, under the same fence as a settle. Begin adds the fence to
 * an empty batch (remember: JSON, NULL = as before); add the effects; commit adds the end and runs it. */
void checkpoint_begin(struct pg_batch *batch, const struct lease *lease, const char *remember);
MUST_CHECK enum err checkpoint_commit(struct pg *pg, struct pg_batch *batch, struct lease *lease, enum op_state *state,
                                      struct err_info *error);

/* The operation's state as the fence of a checkpoint that ran saw it. */
enum op_state lease_checkpoint_state(const struct pg_batch *batch);

/* What a process that has died held; only from its supervisor or for an id that can never come back. */
MUST_CHECK enum err lease_release_worker(struct pg *pg, const char *worker, struct err_info *error);

#endif
