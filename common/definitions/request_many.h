/*
 * Many single requests in one transaction: accepted and planned together, as one after the other.
 */
#ifndef REPRISE_DEFINITIONS_REQUEST_MANY_H
#define REPRISE_DEFINITIONS_REQUEST_MANY_H

#include "common/definitions/request.h"

#define REQUEST_NO_TWIN SIZE_MAX

/* A request on its way. */
struct request_one {
    struct request request; /* complete, with a preview of one job; no tick, no dry run */
    struct draft draft;
    const struct selection *selection; /* of its first phase */
    bool in;                           /* false: it is accepted by itself, or refused */
    /* What became of it, where it is `in` afterwards: */
    struct accepted accepted;
    bool fresh;                 /* it made an operation */
    size_t twin;                /* the equal request of these that made its operation, or REQUEST_NO_TWIN */
    struct operation operation; /* of one that is fresh, as dispatch_open_new wants it; its texts are borrowed */
};
struct request_many {
    struct request_one *list;
    size_t count;
    struct pg_batch *written; /* empty; afterwards it keeps what `operation` borrows */
};

/* Writes the operations, jobs and tallies of those that are `in`. On an error nothing was written (ERR_UNREACHABLE:
 * that is not known), and none is `in`. */
MUST_CHECK enum err requests_accept(struct pg *pg, struct request_many *many, struct err_info *error);

#endif
