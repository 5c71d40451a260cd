/*
 * Calls that wait for an operation to end, however many, without an executor each. A handler that wants to wait calls
 * operation_waiter_wait and returns; its call then goes to the one thread of LANE_WAITING, which asks PostgreSQL for
 * all waiting operations together. When a call's operation has ended, or its time is over, the call goes back to an
 * executor, which calls the handler that goes on. While the program ends no call waits.
 */
#ifndef REPRISE_DASHBOARD_OPERATION_WAITER_H
#define REPRISE_DASHBOARD_OPERATION_WAITER_H

#include "dashboard/call.h"

/* From a handler, as the last thing that it does: `then` is called in its place once the operation has ended
 * (call->wait.ended) or after `patience_ms`. */
void operation_waiter_wait(struct call *call, const char *operation_id, int64_t patience_ms, route_fn *then);

/* The thread of LANE_WAITING; `context` is its executor. Ends with call_executor_stop. */
void *operation_waiter_main(void *context);

/* A message for LANE_WAITING: the calls that wait, and those that come later, go on at once. */
extern struct call operation_waiter_close;

#endif
