/*
 * The threads that answer calls. Each takes calls from the mailbox of its lane, checks who asks (access.h), runs the
 * route's handler with its own connections to PostgreSQL and Redis, and puts the call, answered, into the mailbox of
 * the loop. What executors share and what one has is in call.h.
 */
#ifndef REPRISE_DASHBOARD_CALL_EXECUTOR_H
#define REPRISE_DASHBOARD_CALL_EXECUTOR_H

#include "dashboard/call.h"

/* Starts the executors of all lanes; `*count` of them. */
struct call_executor **call_executors_start(struct call_pool *pool, size_t *count);
/* Each ends after the calls that wait in its lane; returns when all have ended. */
void call_executors_stop(struct call_executor **executors, size_t count);

#endif
