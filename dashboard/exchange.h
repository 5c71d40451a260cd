/* One request: what exchange.c (its course) and exchange_head.c (its headers) share. */
#ifndef REPRISE_DASHBOARD_EXCHANGE_H
#define REPRISE_DASHBOARD_EXCHANGE_H

#include "dashboard/server_private.h"
#include "dashboard/smuggling_check.h"

#define EXCHANGE_TARGET_MAX 8192

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

/* Looks at the first line and the headers, before anything of them counts; `strict` then tells of the body. ERR_USAGE,
 * with the status of the refusal in the call. */
MUST_CHECK enum err exchange_head_check(struct exchange *exchange, const char *method, const char *version,
                                        struct strict *strict, struct err_info *error);
/* Fills in what the call says of who sends it and how. */
void exchange_head_take(struct exchange *exchange, const char *version);
/* A header's value; NULL = not sent. Borrowed. */
const char *exchange_head_value(struct exchange *exchange, const char *name);

#endif
