/*
 * The sweep: everything that a process should have done and may have died before. Every worker does it every SWEEP_MS;
 * a lock spares double work, and every step is harmless when done twice. It advances, continues plans, mirrors counts,
 * keeps windows filled, repairs what I5 forbids, removes what cancelled operations leave, and prunes old outcomes.
 */
#ifndef REPRISE_QUEUE_SWEEP_H
#define REPRISE_QUEUE_SWEEP_H

#include "common/queue/dispatch.h"
#include "common/queue/plan.h"

#define SWEEP_MS 2000

struct sweep;
/* All pointers are borrowed and must outlive it. `retention_ms`: age at which the outcomes of an ended operation go; 0
 * = never. */
struct sweep *sweep_new(struct pg *pg, const struct dispatch *dispatch, const struct kind_table *kinds,
                        int64_t retention_ms);
void sweep_drop(struct sweep *sweep);
/* Another `retention_ms`, from the next pass on. */
void sweep_keep(struct sweep *sweep, int64_t retention_ms);

/* Redis was rebuilt: the next passes walk over all keys at once, for hashes that it has wrong. */
void sweep_walk_soon(struct sweep *sweep);

/* One pass. `*more`: there is work left that should not wait for the next one (a plan, a removal). */
MUST_CHECK enum err sweep_pass(struct sweep *sweep, bool *more, struct err_info *error);

/* Cancels in PostgreSQL what a client cancelled by `HSET … cancelled true`. Called every second. */
MUST_CHECK enum err sweep_cancel_flags(struct sweep *sweep, struct err_info *error);

/* Advances a phase that is done and makes planning steps for at most `budget_ms`, mirroring as it goes, so that workers
 * begin while the rest is being planned. `*more`: the plan is not finished. */
MUST_CHECK enum err sweep_push_on(struct sweep *sweep, const char *operation_id, int64_t budget_ms, bool *more,
                                  struct err_info *error);

/* ---- the walk over all keys -------------------------------------------------------------------------------------- */

/*
 * A walk over all of our keys, some in each pass of the sweep: what nothing else looks at, and a client may have
 * written over or a Redis that went back has wrong. The hashes of operations that have ended say what PostgreSQL says;
 * a worker's lists are found though `workers` does not know it.
 */

struct sweep_walk {
    struct pg *pg;
    const struct dispatch *dispatch;
    uint64_t cursor;
    bool hurries; /* Redis was rebuilt: a whole round is wanted soon */
};

/* Some hundred keys. `*more` is set while the walk hurries. */
MUST_CHECK enum err sweep_walk_step(struct sweep_walk *walk, bool *more, struct err_info *error);

/*
 * Keys of ours that a client made another type of: each script that touches one fails, each time. What stood there is
 * gone anyway; the key goes, too, and the sweep makes good what is missing then.
 */

/* Whether an error of Redis says that it met such a key. */
bool key_repair_is_blamed(const char *error_text);
/* Walks over all keys of ours and deletes those of a wrong type; each is logged. O(keys in Redis): for after a blame.
 */
MUST_CHECK enum err key_repair_run(const struct dispatch *dispatch, struct err_info *error);

/* ---- operations that have ended ---------------------------------------------------------------------------------- */

/* The part of the sweep that looks after operations that have ended: removal of what a cancel leaves, hashes, pruning.
 */

struct sweep_ended {
    struct pg *pg;
    const struct dispatch *dispatch;
    const struct kind_table *kinds;
    int64_t retention_ms;
    char removing[ID_MAX]; /* the operation whose jobs were removed last, and up to which seq: the next step begins
                              there */
    int64_t removed_to;
    struct sweep_walk walk; /* a step a pass */
    uint64_t ops_cursor;    /* of the walk over `ops`, likewise */
    int64_t pruned_ms;      /* when something was pruned last */
};

MUST_CHECK enum err sweep_ended_pass(struct sweep_ended *sweep, bool *more, struct err_info *error);

/* ---- live operations --------------------------------------------------------------------------------------------- */

/*
 * The live operations in one pass of the sweep: what PostgreSQL says of each, held against what stands in Redis. The
 * hashes are brought level, windows are kept full, and of each operation is decided what it needs (I5). Nothing is
 * dispatched here: that is sweep.c's.
 */

enum live_need { NEED_NOTHING, NEED_OPEN, NEED_NEW_GENERATION, NEED_NEW_HASH };

struct live_operation {
    struct tally tally;
    int queue;
    int64_t window, retrying;
    bool waits;     /* it has retries; the earliest … */
    int64_t due_ms; /* … is due in so many ms, negative = since */
    enum live_need need;
};

struct suspicion;
/* Embedded in the sweep, zeroed but for the first two. */
struct sweep_live {
    struct pg *pg;                   /* borrowed */
    const struct dispatch *dispatch; /* borrowed */
    struct suspicion *suspicions;
};
void sweep_live_fini(struct sweep_live *live);

/* BEGIN, the sweep's lock, all live operations; the caller ends the transaction, and frees `*all`. NULL: another worker
 * sweeps at this moment. */
MUST_CHECK enum err sweep_live_read(struct sweep_live *live, struct live_operation **all, size_t *count,
                                    struct err_info *error);
/* Brings the hash of each level with its tally, and sets what each needs. */
MUST_CHECK enum err sweep_live_mirror(struct sweep_live *live, struct live_operation *all, size_t count,
                                      struct err_info *error);
/* At the end of a pass: drops the suspicions that it has not seen again. */
void sweep_live_end(struct sweep_live *live);

#endif
