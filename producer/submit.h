/*
 * From a request to its operation: checked, shown, confirmed, accepted in PostgreSQL, planned, opened in Redis, and
 * followed where that is wanted.
 */
#ifndef REPRISE_PRODUCER_SUBMIT_H
#define REPRISE_PRODUCER_SUBMIT_H

#include <json-c/json_object.h>

#include "producer/session.h"

enum submit_size {
    SUBMIT_SINGLE, /* one item: waits for its result */
    SUBMIT_BULK,   /* many: confirmed, and not waited for */
};

/* `args` is taken: an object, not yet checked. */
MUST_CHECK enum err submit(struct session *session, const char *definition_id, enum submit_size size,
                           struct json_object *args, struct err_info *error);

#endif
