/*
 * One signed request for one parcel, or for one piece of it, built just before it is sent: its timestamp is the time of
 * sending.
 */
#ifndef REPRISE_WORKER_RUN_DELIVER_REQUEST_H
#define REPRISE_WORKER_RUN_DELIVER_REQUEST_H

#include "common/deliveries/sign.h"
#include "worker/run/deliver_parcel.h"

/* A place for a request; not to be moved while one is in it. */
struct deliver_request {
    struct http_request http; /* `context` is this request */
    struct sign_headers headers;
    struct buf body;
    int body_spool;        /* of a big text; −1 = none */
    struct parcel *parcel; /* owned; NULL = free */
};

void deliver_request_init(struct deliver_request *request);
void deliver_request_fini(struct deliver_request *request);

/* How much memory the body will take, roughly. */
int64_t deliver_request_weight(const struct parcel *parcel);
/* Takes the parcel over, on failure too. `urls` are those of the verbs. */
MUST_CHECK enum err deliver_request_open(struct deliver_request *request, struct deliver *deliver,
                                         char *const urls[VERB_COUNT], struct parcel *parcel, struct err_info *error);
/* Gives the parcel back and is free for the next. */
struct parcel *deliver_request_close(struct deliver_request *request);

/* What is said of one that came back without success. */
void deliver_request_failure(const struct deliver_request *request, struct err_info *error);

#endif
