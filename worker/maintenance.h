/*
 * The tasks of the maintenance thread, each with its turn in a round. They block, on connections of their own; none of
 * them takes long.
 */
#ifndef REPRISE_WORKER_MAINTENANCE_TASKS_H
#define REPRISE_WORKER_MAINTENANCE_TASKS_H

#include "worker/process_state.h"

/* What a thread may ask for before its time. */
enum maintenance_wish {
    MAINTENANCE_CANCEL_FLAGS, /* a client has set the cancel flag of some operation */
    MAINTENANCE_INBOX,        /* there are requests in the inbox */
    MAINTENANCE_PLANS,        /* an operation has come to a phase that is to be planned */
    MAINTENANCE_KEYS,         /* a key in Redis is of another type than it must be */
    MAINTENANCE_DEFINITIONS,  /* the definitions' files are to be read again */
    MAINTENANCE_STOP,         /* nothing more: the thread is to end */
};

struct maintenance_tasks;
/* `process` is borrowed. */
struct maintenance_tasks *maintenance_tasks_new(struct process_state *process);
void maintenance_tasks_drop(struct maintenance_tasks *tasks);
/* The next round does it. */
void maintenance_tasks_want(struct maintenance_tasks *tasks, enum maintenance_wish wish);
/* Whether the inbox is open, and was found empty since the last MAINTENANCE_INBOX. */
bool maintenance_tasks_inbox_is_empty(const struct maintenance_tasks *tasks);
/* Whether there is work left that should not wait for the next second. */
bool maintenance_tasks_hurry(const struct maintenance_tasks *tasks);
/* One round; `ticks`: with the tasks of each second. An error (a store does not answer) ends the round. */
MUST_CHECK enum err maintenance_tasks_round(struct maintenance_tasks *tasks, bool ticks, struct err_info *error);

#endif
