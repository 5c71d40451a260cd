/*
 * The threads that answer calls. Each takes calls from the mailbox of its lane, checks who asks (session.h), runs the
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

/* ---- operation waiter -------------------------------------------------------------------------------------------- */

/*
 * Calls that wait for an operation to end, however many, without an executor each. A handler that wants to wait calls
 * operation_waiter_wait and returns; its call then goes to the one thread of LANE_WAITING, which asks PostgreSQL for
 * all waiting operations together. When a call's operation has ended, or its time is over, the call goes back to an
 * executor, which calls the handler that goes on. While the program ends no call waits.
 */

/* From a handler, as the last thing that it does: `then` is called in its place once the operation has ended
 * (call->wait.ended) or after `patience_ms`. */
void operation_waiter_wait(struct call *call, const char *operation_id, int64_t patience_ms, route_fn *then);

/* A message for LANE_WAITING: the calls that wait, and those that come later, go on at once. */
extern struct call operation_waiter_close;

#endif
