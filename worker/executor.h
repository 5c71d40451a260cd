/*
 * An executor: a thread that owns a PostgreSQL connection and runs one chunk at a time: load, claim, handler, settle.
 * Whatever it does is fenced, so it may be slow, repeat itself or die at any point.
 */
#ifndef REPRISE_WORKER_EXECUTOR_H
#define REPRISE_WORKER_EXECUTOR_H

#include "common/loop/mailbox.h"
#include "worker/process.h"
#include "worker/message.h"

struct executor;
/* Starts the thread. `out` gets its messages (struct work); `process` and `out` are borrowed. */
struct executor *executor_new(struct process *process, int queue, struct mailbox *out);
/* Takes `work` over. At most one chunk at a time; WORK_STOP may come at any time. */
void executor_give(struct executor *executor, struct work *work);
int executor_queue(const struct executor *executor);
/* Joins the thread; only after its WORK_ENDED. */
void executor_drop(struct executor *executor);

#endif
