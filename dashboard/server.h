/*
 * The HTTP server: libmicrohttpd in a libev loop, one thread. It reads requests strictly, hands each to an executor and
 * sends the reply; what needs no store is answered at once.
 */
#ifndef REPRISE_DASHBOARD_SERVER_H
#define REPRISE_DASHBOARD_SERVER_H

#include <ev.h>

#include "common/store/address.h"
#include "common/store/redis.h"
#include "dashboard/call.h"
#include "dashboard/events.h"

struct server;

/* Listens on dashboard.listen. All is borrowed. ERR_USAGE, ERR_UNREACHABLE: it cannot listen there. */
MUST_CHECK enum err server_new(struct ev_loop *loop, struct call_pool *pool, struct server **server,
                               struct err_info *error);
/* The port it listens on. */
int server_port(const struct server *server);
/* No new connections; the loop is broken once all calls are answered. */
void server_stop(struct server *server);
/* The executors must have ended. Takes NULL. */
void server_drop(struct server *server);

/* ---- worker watch ------------------------------------------------------------------------------------------------ */

/*
 * Counts the live workers every two seconds while at least one page listens, and publishes an event when the count has
 * changed: workers publish nothing of the kind themselves. Runs on the loop's thread only.
 */

struct worker_watch;

/* All is borrowed. */
struct worker_watch *worker_watch_new(struct ev_loop *loop, const struct redis_address *address, const char *prefix,
                                      struct events *events);
/* Takes NULL. */
void worker_watch_drop(struct worker_watch *watch);

#endif
