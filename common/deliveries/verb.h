/*
 * What is asked of a client app, and which of it one path needs, from where the path stands: in the tree that was
 * fetched, in the record of what the app holds, and among the unconfirmed paths: another attempt announced that it
 * would send something there and never recorded an answer, so what the app holds is not known.
 *
 * The order of the values is the order of delivery within a job: deleted, created, updated.
 */
#ifndef REPRISE_DELIVERIES_VERB_H
#define REPRISE_DELIVERIES_VERB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

enum verb { VERB_NOTHING, VERB_DELETE, VERB_CREATE, VERB_UPDATE, VERB_SYNC_FAILED, VERB_COUNT };

/* The word in `POST {base_url}/<word>`, in the tables and in every message: "create". "nothing" for VERB_NOTHING. */
const char *verb_name(enum verb verb);

/* One path. All borrowed; NULL = none. */
struct verb_path {
    const char *tree_blob;
    const char *tree_sha; /* NULL also while the blob has not been read */
    const char *recorded_blob;
    const char *recorded_sha; /* never NULL if it is recorded */
    bool is_unconfirmed;
};

/* VERB_NOTHING, VERB_DELETE, VERB_CREATE or VERB_UPDATE. Equal blob ids are equal contents and need no reading. Where
 * they differ this is VERB_UPDATE until the blob has been read: verb_is_needless then. */
enum verb verb_decide(const struct verb_path *path);
/* Whether an update turns out to need nothing now that `tree_sha` is known: two blob ids may hold the same bytes (a
 * repository that changed its hash). An unconfirmed path is sent all the same. */
bool verb_is_needless(const struct verb_path *path);

/* ---- a request that failed, for people --------------------------------------------------------------------------- */

/*
 * What last_error says of a request that failed: one line, without control characters, that fits an err_info.
 */

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
