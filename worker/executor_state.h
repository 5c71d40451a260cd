/*
 * What an executor's thread keeps from chunk to chunk, and how it stays connected: the part of an executor that a run
 * and a job group work with. Owned by one thread; `process` is shared.
 */
#ifndef REPRISE_WORKER_EXECUTOR_STATE_H
#define REPRISE_WORKER_EXECUTOR_STATE_H

#include "common/store/pg.h"
#include "worker/process_state.h"

struct executor_state {
    struct process_state *process; /* borrowed */
    struct pg *pg;
    void **tools; /* one for each runner; see struct runner */

    struct pg_batch *checkpoint; /* of the run in hand; NULL until the first */
    int64_t checkpoint_sent_ms;  /* clock_boot_ms */
    bool checkpoint_under_way;   /* started, its answer not yet read */
};

/* Sleeps; false as soon as the process is to stop. */
bool executor_pause(const struct executor_state *state, int64_t ms);
/* Waits for the next try, longer from try to try, and notes `why` for the heartbeat from the third on; false if the
 * process is to stop. */
bool executor_wait(struct executor_state *state, int tries, const struct err_info *why);
/* Makes a connection outside a transaction, trying again with back-off; false once the process is to stop. */
bool executor_connect(struct executor_state *state);
/* Whether repeating it later may help. */
bool executor_may_repeat(enum err err);

#endif
