/*
 * The service thread: what must be done by somebody and may block: rebuild, the cancel flag, the sweep, the inbox,
 * schedules, and a re-sync of definitions that a signal asked for. It
 * has its own connections to both stores. Each kind of work gets its turn in every round.
 */
#ifndef REPRISE_WORKER_SERVICE_H
#define REPRISE_WORKER_SERVICE_H

#include "common/loop/mailbox.h"
#include "worker/process.h"

struct service;
struct service *service_new(struct process *process);
/* A client has set the cancel flag of some operation. From any thread. */
void service_cancel_flags(struct service *service);
/* An operation has come to a phase that is to be planned. From any thread. */
void service_push_on(struct service *service);
/* A key in Redis is of another type than it must be. From any thread. */
void service_mend_keys(struct service *service);
/* The definitions' files are to be read again. From any thread. */
void service_resync(struct service *service);
/* Begins nothing more. Once what is under way is over, which may take as long as PostgreSQL takes, `tell` gets a
 * WORK_SERVICE_ENDED. From any thread; once. */
void service_stop(struct service *service, struct mailbox *tell);
/* Joins; only after that. */
void service_drop(struct service *service);

#endif
