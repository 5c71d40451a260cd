/*
 * Looks every two seconds, while somebody listens, how many workers live, and tells the listeners when that has
 * changed: workers themselves publish nothing of the kind. The loop's alone.
 */
#ifndef REPRISE_DASHBOARD_WORKER_WATCH_H
#define REPRISE_DASHBOARD_WORKER_WATCH_H

#include <ev.h>

#include "common/store/redis.h"
#include "dashboard/events.h"

struct muster;

/* All is borrowed. */
struct muster *muster_new(struct ev_loop *loop, const struct redis_address *address, const char *prefix,
                          struct events *events);
void muster_drop(struct muster *muster);

#endif
