/*
 * What a checkpoint of a delivery writes: it records what was answered, and announces what comes next, so that whatever
 * dies between send and record is known to the next attempt.
 */
#ifndef REPRISE_WORKER_RUN_DELIVER_RECORD_H
#define REPRISE_WORKER_RUN_DELIVER_RECORD_H

#include "worker/run/file_task.h"

/* Repeating it is harmless. */
void deliver_record(struct pg_batch *batch, const struct deliver_attempt *attempt, const struct file_tasks *answered,
                    const struct file_tasks *announced);
/* Once a fetch has succeeded: its success and its snapshot, as a part of the next transaction. */
void deliver_record_fetch(struct pg_batch *batch, const struct deliver_link *link, const struct git_fetched *fetched);

#endif
