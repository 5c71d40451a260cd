/*
 * What last_error says of a request that failed: one line, without control characters, that fits an err_info.
 */
#ifndef REPRISE_DELIVERIES_FAILURE_H
#define REPRISE_DELIVERIES_FAILURE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/deliveries/verb.h"

#define FAILURE_ERROR_MAX 500 /* bytes, as shown: after escaping */

struct failure {
    enum verb verb;
    const char *path;      /* "" = none */
    int64_t piece, pieces; /* from 0; pieces <= 1: not chunked */
    const char *error;     /* of the request: "HTTP 503 Service Unavailable: try later", "connection refused" */
};
/* "create src/a.bin (piece 3 of 9): HTTP 503 Service Unavailable: try later". */
void failure_text(const struct failure *failure, char out[ERR_TEXT_MAX]);

#endif
