/*
 * A walk over all of our keys, some in each pass of the sweep: what nothing else looks at, and a client may have
 * written over or a Redis that went back has wrong. The hashes of operations that have ended say what PostgreSQL says;
 * a worker's lists are found though `workers` does not know it.
 */
#ifndef REPRISE_QUEUE_SWEEP_WALK_H
#define REPRISE_QUEUE_SWEEP_WALK_H

#include "common/queue/dispatch.h"

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

#endif
