/*
 * The HTTP server: libmicrohttpd in a libev loop, one thread. It reads requests strictly, hands each to an executor and
 * sends the reply; what needs no store is answered at once.
 */
#ifndef REPRISE_DASHBOARD_SERVER_H
#define REPRISE_DASHBOARD_SERVER_H

#include <ev.h>

#include "common/base/config.h"
#include "dashboard/call.h"

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

/* ---- the program as a server: from its settings to its end (serve.c) --------------------------------------------- */

/* Serves until SIGTERM or SIGINT; a second one ends it at once. SIGHUP reads the settings again. */
MUST_CHECK enum err serve(struct config_live *settings, struct err_info *error);

/* The signals that it listens for and that would end it before it does: to be held from the first line of main, for
 * beginning_hold_signals. */
extern const int serve_signals[];

#endif
