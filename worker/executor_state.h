/* What run.c, group.c and executor.c share: the executor's part of a run. */
#ifndef REPRISE_WORKER_RUN_PRIVATE_H
#define REPRISE_WORKER_RUN_PRIVATE_H

#include <pthread.h>

#include "worker/process.h"
#include "worker/run.h"

struct executor {
    struct process *process;
    int queue;
    pthread_t thread;
    struct mailbox *in, *out;
    struct pg *pg;
    struct operations *operations;
    void **tools; /* one for each runner */

    struct pg_batch *checkpoint; /* of the run in hand */
    int64_t checkpoint_sent_ms;  /* clock_boot_ms */
    bool checkpoint_under_way;   /* started, its answer not yet read */
};

/* Makes a connection outside a transaction, trying again with back-off; false once the process is to stop. */
bool executor_connect(struct executor *executor);
/* Waits for the next try, ever longer; false if the process is to stop. */
bool executor_wait(struct executor *executor, int tries, const struct err_info *why);
bool executor_is_stopping(const struct executor *executor);
/* Whether repeating it later may help. */
bool executor_is_passing(enum err err);

#endif
