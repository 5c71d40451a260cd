/*
 * What is said in last_error about a request that failed: one line, without control characters, that fits an err_info.
 * What the receiver answered is a stranger's text: at most 500 bytes of it are shown.
 */
#ifndef REPRISE_DELIVERIES_FAILURE_H
#define REPRISE_DELIVERIES_FAILURE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/deliveries/verb.h"

#define FAILURE_ANSWER_MAX 500 /* bytes, as shown: after escaping */

struct failure {
    enum verb verb;
    const char *path;      /* "" = none */
    int64_t piece, pieces; /* from 0; pieces <= 1: not chunked */
    int status;            /* HTTP; 0 = there was no answer */
    const char *trouble;   /* status 0: what happened, "connection refused" */
    const char *answer;    /* the body that came back; may be NULL */
    size_t answer_len;
};
/* "create src/a.bin (piece 3 of 9): HTTP 503: try later". A 4xx other than 408, 425 and 429 is tried again like all
 * else, but the text says that the app refuses it, because only a person can mend that. */
void failure_text(const struct failure *failure, char out[ERR_TEXT_MAX]);

#endif
