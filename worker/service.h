/*
 * The maintenance thread of a worker process: what every process does beside its jobs and what may block, one task
 * after the other: rebuild, cancel flags, the inbox, orphans, definitions, schedules, the sweep. It has its own
 * connections to both stores.
 */
#ifndef REPRISE_WORKER_MAINTENANCE_H
#define REPRISE_WORKER_MAINTENANCE_H

#include "common/loop/mailbox.h"
#include "worker/maintenance_tasks.h"
#include "worker/process_state.h"

struct maintenance;
/* `process` is borrowed. */
struct maintenance *maintenance_new(struct process_state *process);
/* Starts the thread, which sends its messages to `loop` (borrowed): a MESSAGE_INBOX_EMPTY each time that the inbox has
 * become empty, and at last a MESSAGE_MAINTENANCE_ENDED. */
void maintenance_start(struct maintenance *maintenance, struct mailbox *loop);

/* Has the thread do at once what it would do later. From any thread. */
void maintenance_ask(struct maintenance *maintenance, enum maintenance_wish wish);
/* Begins nothing more. Once what is under way is over, which may take as long as PostgreSQL takes, comes the
 * MESSAGE_MAINTENANCE_ENDED. From any thread; once. */
void maintenance_stop(struct maintenance *maintenance);
/* Joins the thread; only after that. */
void maintenance_drop(struct maintenance *maintenance);

#endif
