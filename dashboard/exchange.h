/*
 * One HTTP request and its answer, as libmicrohttpd reports them, and the server that they belong to: what server.c
 * (loop, sockets), exchange.c (the course of a request) and exchange_head.c (its first line and headers) share. Runs on
 * the loop's thread only; while an executor has a call nothing here touches it.
 */
#ifndef REPRISE_DASHBOARD_EXCHANGE_H
#define REPRISE_DASHBOARD_EXCHANGE_H

#include <ev.h>
#include <microhttpd.h>

#include "common/loop/http_drive.h"
#include "dashboard/call.h"
#include "dashboard/peers.h"
#include "dashboard/request_headers.h"

#define EXCHANGE_TARGET_MAX 8192

struct server {
    struct ev_loop *loop;
    struct call_pool *pool;
    struct address_list *trusted;
    struct peers *peers;
    struct events *events;
    struct worker_watch *watch;
    struct stream_watch *streams;
    int listening;
    bool stopping;
    size_t large_bodies; /* bytes of bodies under way beyond what each may have anyway */
    size_t working;      /* calls that are with executors */
    struct http_drive drive;
    ev_timer tick;
    ev_async answered;
};

enum phase { NEW, READING, WORKING, ANSWERED, SENT };

struct exchange {
    struct call call; /* first: a call is its exchange */
    struct server *server;
    struct MHD_Connection *connection;
    struct peer *peer;
    enum phase phase;
    char *target;      /* as the page and the routes know it: without dashboard.base_path */
    size_t target_len; /* as it was sent */
    bool at_base;      /* it is dashboard.base_path without the slash: from there no address of the page would fit */
    char allowed[ROUTE_ALLOWED_MAX];
    struct MHD_Response *file; /* of the page, to be sent when the request is complete; NULL = it is for a route */
    bool closing;              /* the connection ends with this answer */
    size_t large;              /* bytes of the body beyond BODY_SMALL */
    size_t read;               /* bytes of it that have come */
    int unwanted;              /* the status that it will be refused with, once it has come; 0 = it is wanted */
    int64_t began_us;
};

/* ---- callbacks of libmicrohttpd, whose context is the server; `place` holds the exchange ------------------------- */

/* A request's target has come. */
void *exchange_begin(void *context, const char *target, struct MHD_Connection *connection);
/* More of the request has come: its headers, a part of its body, its end. */
enum MHD_Result exchange_receive(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                 const char *version, const char *upload, size_t *upload_len, void **place);
/* The request is over. */
void exchange_end(void *context, struct MHD_Connection *connection, void **place, enum MHD_RequestTerminationCode code);

/* The connection is closing. libmicrohttpd does not report the end of a request that it refuses itself after the target
 * has come (the parameters of the query do not fit into its memory): that one ends here, at the latest. */
void exchange_abandon(struct peer *peer);
/* An executor has answered the call. */
void exchange_answered(struct call *call);

/* ---- first line and headers (exchange_head.c) -------------------------------------------------------------------- */

/* Checks the first line and the headers, before anything of them counts; afterwards `check` says how long the body is.
 * ERR_USAGE, with the status of the refusal in the call. */
MUST_CHECK enum err exchange_head_check(struct exchange *exchange, const char *method, const char *version,
                                        struct smuggling_check *check, struct err_info *error);
/* Fills in the fields of the call that say who sends it and how. */
void exchange_head_take(struct exchange *exchange, const char *version);
/* A header's value; NULL = not sent. Borrowed. */
const char *exchange_head_value(struct exchange *exchange, const char *name);

#endif
