/*
 * The live operations in one pass of the sweep: what PostgreSQL says of each, held against what stands in Redis. The
 * hashes are brought level, windows are kept full, and of each operation is decided what it needs (I5). Nothing is
 * dispatched here: that is sweep.c's.
 */
#ifndef REPRISE_QUEUE_SWEEP_LIVE_H
#define REPRISE_QUEUE_SWEEP_LIVE_H

#include "common/queue/dispatch.h"

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
