/*
 * HTTP for the client app: libmicrohttpd in a libev loop, one thread. POST …/create, /update, /delete and /sync_failed
 * go to the app, /_/… to the admin endpoints; hanging and dripping answers are kept alive here.
 */
#ifndef REPRISE_RECEIVER_SERVER_H
#define REPRISE_RECEIVER_SERVER_H

#include <stdint.h>

#include "tests/receiver/app.h"

struct ev_loop;

struct server_options {
    const char *address; /* to listen on, numeric IPv4 */
    uint16_t port;       /* 0 = any free one */
    const char *prefix;  /* of our headers: "X-Docora-" */
};

struct server;
/* NULL and a message on stderr if it cannot listen. All is borrowed. */
struct server *server_new(struct ev_loop *loop, struct app *app, const struct server_options *options);
/* Closes all connections; takes NULL. */
void server_drop(struct server *server);
uint16_t server_port(const struct server *server);

#endif
