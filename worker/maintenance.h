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
/* Starts the thread; `process` is borrowed. */
struct maintenance *maintenance_new(struct process_state *process);

/* Has the thread do at once what it would do later. From any thread. */
void maintenance_ask(struct maintenance *maintenance, enum maintenance_wish wish);
/* Begins nothing more. Once what is under way is over, which may take as long as PostgreSQL takes, `loop` gets a
 * MESSAGE_MAINTENANCE_ENDED. From any thread; once. */
void maintenance_stop(struct maintenance *maintenance, struct mailbox *loop);
/* Joins the thread; only after that. */
void maintenance_drop(struct maintenance *maintenance);

#endif
