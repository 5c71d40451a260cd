/*
 * Maintenance, a service of each worker process (service.h): what keeps both stores in order, one task after the other:
 * rebuild, cancel flags, orphans, definitions, schedules, the sweep.
 */
#ifndef REPRISE_WORKER_MAINTENANCE_H
#define REPRISE_WORKER_MAINTENANCE_H

#include "common/loop/mailbox.h"
#include "worker/process_state.h"

/* What a thread may ask for before its time. */
enum maintenance_wish {
    MAINTENANCE_CANCEL_FLAGS = 1, /* a client has set the cancel flag of some operation */
    MAINTENANCE_PLANS,            /* an operation has come to a phase that is to be planned */
    MAINTENANCE_KEYS,             /* a key in Redis is of another type than it must be */
    MAINTENANCE_DEFINITIONS,      /* the definitions' files are to be read again */
};

struct maintenance;
/* As of a service. `process` is borrowed. */
struct maintenance *maintenance_new(struct process_state *process);
void maintenance_start(struct maintenance *maintenance, struct mailbox *loop);
void maintenance_ask(struct maintenance *maintenance, enum maintenance_wish wish);
void maintenance_stop(struct maintenance *maintenance);
void maintenance_drop(struct maintenance *maintenance);

#endif
