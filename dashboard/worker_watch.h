/*
 * Counts the live workers every two seconds while at least one page listens, and publishes an event when the count has
 * changed: workers publish nothing of the kind themselves. Runs on the loop's thread only.
 */
#ifndef REPRISE_DASHBOARD_WORKER_WATCH_H
#define REPRISE_DASHBOARD_WORKER_WATCH_H

#include <ev.h>

#include "common/store/redis.h"
#include "dashboard/events.h"

struct worker_watch;

/* All is borrowed. */
struct worker_watch *worker_watch_new(struct ev_loop *loop, const struct redis_address *address, const char *prefix,
                                      struct events *events);
/* Takes NULL. */
void worker_watch_drop(struct worker_watch *watch);

#endif
