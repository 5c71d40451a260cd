/* What server.c (loop, sockets) and exchange.c (one request) share. */
#ifndef REPRISE_DASHBOARD_SERVER_PRIVATE_H
#define REPRISE_DASHBOARD_SERVER_PRIVATE_H

#include <microhttpd.h>

#include "common/loop/http_drive.h"
#include "dashboard/peers.h"
#include "dashboard/server.h"

struct server {
    struct ev_loop *loop;
    struct office *office;
    struct address_list *trusted;
    struct peers *peers;
    struct events *events;
    struct muster *muster;
    int listening;
    bool stopping;
    size_t large_bodies; /* bytes of bodies under way beyond what each may have anyway */
    size_t working;      /* calls that are with executors */
    struct http_drive drive;
    ev_timer tick;
    ev_async answered;
};

/* Callbacks of libmicrohttpd, whose context is the server: a request's target has come; more of it has; it is over.
 * `place` holds the exchange. */
void *exchange_begin(void *context, const char *target, struct MHD_Connection *connection);
enum MHD_Result exchange_receive(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                 const char *version, const char *upload, size_t *upload_len, void **place);
void exchange_end(void *context, struct MHD_Connection *connection, void **place, enum MHD_RequestTerminationCode code);
/* The connection is closing. libmicrohttpd does not tell of the end of a request that it refuses itself after the
 * target has come (the parameters of the query do not fit into its memory): that one ends here, at the latest. */
void exchange_abandon(struct peer *peer);
/* An executor is done with it. */
void exchange_answered(struct call *call);

#endif
