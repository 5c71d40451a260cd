/*
 * An executor: a thread that owns a PostgreSQL connection and runs one chunk at a time: load, claim, handler, settle.
 * Everything it does is fenced, so it may be slow, repeat itself or die at any point.
 */
#ifndef REPRISE_WORKER_EXECUTOR_H
#define REPRISE_WORKER_EXECUTOR_H

#include "common/loop/mailbox.h"
#include "worker/process_state.h"

struct executor;
/* Starts the thread. It sends its messages (struct message) to `out`; `process` and `out` are borrowed. */
struct executor *executor_new(struct process_state *process, int queue, struct mailbox *out);
/* Takes `message` over: a MESSAGE_RUN, one at a time, or a MESSAGE_STOP at any time. */
void executor_give(struct executor *executor, struct message *message);
/* Joins the thread; only after its MESSAGE_ENDED. */
void executor_drop(struct executor *executor);

#endif
