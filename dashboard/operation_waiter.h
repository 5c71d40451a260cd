/*
 * The waiting room: calls that wait for an operation to end, however many, without an executor each. A handler that
 * wants to wait says so (waiting_ask) and returns; its call comes here, one thread asks PostgreSQL for all of them
 * together, and when a call's operation has ended, or its patience, it goes back to an executor, which calls the
 * handler that goes on. While the program ends, nobody waits any longer.
 */
#ifndef REPRISE_DASHBOARD_OPERATION_WAITER_H
#define REPRISE_DASHBOARD_OPERATION_WAITER_H

#include "dashboard/call.h"

/* From a handler, as the last thing that it does: `then` is called in its place once the operation has ended
 * (call->wait.ended) or after `patience_ms`. */
void waiting_ask(struct call *call, const char *operation_id, int64_t patience_ms, route_fn *then);

/* The thread of LANE_WAITING; `context` is its desk. Ends with desk_stop. */
void *waiting_main(void *context);

/* Put into the lane: whoever waits goes on at once, and so does who comes later. */
extern struct call waiting_over;

#endif
