/* The part of the sweep that looks after operations that have ended: removal of what a cancel leaves, hashes, pruning.
 */
#ifndef REPRISE_QUEUE_SWEEP_ENDED_H
#define REPRISE_QUEUE_SWEEP_ENDED_H

#include "common/queue/dispatch.h"
#include "common/queue/sweep_walk.h"

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

#endif
