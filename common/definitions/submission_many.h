/*
 * Many single requests at once: those that wait together in the inbox are prepared, accepted, planned and opened in
 * Redis together, by one transaction and a few messages. What is not of that kind is left alone, for
 * submission_request.
 */
#ifndef REPRISE_DEFINITIONS_SUBMISSION_MANY_H
#define REPRISE_DEFINITIONS_SUBMISSION_MANY_H

#include "common/definitions/submission.h"

#define SUBMISSIONS_MAX 256 /* at a time */

struct submission_item {
    struct request request;   /* as of submission_request: handle, args, who asks; no tick, no dry run */
    struct accepted accepted; /* where done */
    bool done;                /* accepted; else nothing was written, and it is to be submitted by itself */
    bool started;             /* planned, and open in Redis; else that is left to the sweep */
};

/* Accepts those of `items` (at most SUBMISSIONS_MAX) that would plan one job each; equal ones of them become one
 * operation, as if they came one after the other. What is refused, and what is of another kind, is not done: nothing of
 * it was written. ERR_UNREACHABLE, ERR_RETRY: a store does not answer; what was committed may be done again, to the
 * same effect, where it has a stamp or an id of its own. */
MUST_CHECK enum err submissions_request(const struct submitter *submitter, struct submission_item *items, size_t count,
                                        struct err_info *error);

#endif
