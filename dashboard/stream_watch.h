/*
 * Ends the streams of events of callers that may listen no longer: whose session has ended, on whichever dashboard, or
 * whose token was revoked or has expired. PostgreSQL is asked every half second for all open streams together, by a
 * thread and a connection of its own. While it does not answer, streams go on, until dashboard.stream_life ends them.
 */
#ifndef REPRISE_DASHBOARD_STREAM_WATCH_H
#define REPRISE_DASHBOARD_STREAM_WATCH_H

#include <ev.h>

#include "dashboard/call.h"
#include "dashboard/events.h"

struct stream_watch;

/* All is borrowed; for the loop's thread. */
struct stream_watch *stream_watch_new(struct ev_loop *loop, const struct call_pool *pool, struct events *events);
/* Waits for the answer that is under way. Takes NULL. */
void stream_watch_drop(struct stream_watch *watch);

#endif
