/*
 * The pool: the loop thread's work. It takes chunks from Redis while an executor is free, hands them out, finishes
 * them, sends the heartbeat, and drains. It never blocks, so a worker's sign of life does not depend on how long a job
 * runs.
 */
#ifndef REPRISE_WORKER_POOL_H
#define REPRISE_WORKER_POOL_H

#include <ev.h>

#include "worker/inbox_service.h"
#include "worker/maintenance.h"
#include "worker/process_state.h"

struct pool;
/* Starts executors and connections in `loop`; all borrowed. The services are NULL in the quarantine
 * process. */
struct pool *pool_new(struct ev_loop *loop, struct process_state *process, struct maintenance *maintenance,
                      struct inbox_service *inbox_service);
/* Nothing new is taken; the loop is broken (ev_break) once everything in hand is done or given back, at the latest
 * after the grace time, or at once where `urgency` says so. Calling it again can only hasten the end. */
enum pool_urgency { POOL_DRAIN, POOL_AT_ONCE };
void pool_stop(struct pool *pool, enum pool_urgency urgency);
/* After the loop has ended. */
void pool_drop(struct pool *pool);

#endif
