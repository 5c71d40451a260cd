/*
 * From a request to its operation: checked, shown, confirmed, accepted in PostgreSQL, planned, opened in Redis, and
 * followed where that is wanted.
 */
#ifndef REPRISE_PRODUCER_SUBMIT_H
#define REPRISE_PRODUCER_SUBMIT_H

#include <json-c/json_object.h>

#include "common/definitions/submission.h"
#include "common/query/query_result.h"
#include "producer/session.h"

enum submit_size {
    SUBMIT_SINGLE, /* one item: waits for its result */
    SUBMIT_BULK,   /* many: confirmed, and not waited for */
};

/* What an operation of one's own kind answers at its end, in place of its outcome. */
struct submit_answer {
    query_fn *question; /* asked with operation_id */
    void (*show)(const struct query_result *answer);
};

struct submit_order {
    const char *handle; /* what people call the definition */
    enum submit_size size;
    struct json_object *args; /* taken: an object, not yet checked; NULL = none */
    /* Where the definition's schema is needed to read the arguments from the command line; NULL: `args` are all. */
    enum err (*read_args)(struct session *session, const struct definition *definition, struct json_object **args,
                          struct err_info *error);
    /* As struct submitter has it; NULL = what is missing has the default of the definition. */
    void (*add_settings)(const struct definition *definition, struct json_object *args, const void *config);
    const struct submit_answer *answer; /* NULL: its outcome */
    /* Of a dry run that has to read: an operation that writes nothing, followed to its end. NULL: the preview will do.
     */
    const struct submit_answer *dry_answer;
};
MUST_CHECK enum err submit_order(struct session *session, const struct submit_order *order, struct err_info *error);

/* Without an answer of its own. `args` is taken. */
MUST_CHECK enum err submit(struct session *session, const char *handle, enum submit_size size, struct json_object *args,
                           struct err_info *error);

/* ---- what is said to a person before a request is accepted, from its preview (preview_text.c) -------------------- */

/* The dry run: what the request would do; nothing is written. */
MUST_CHECK enum err preview_show(struct session *session, const struct submission *submission, struct err_info *error);

/* Appends the definition's `confirm`, which must be there, filled in: {links} becomes the number of jobs, and so on. */
void preview_question(struct session *session, const struct submission *submission, struct buf *question);

#endif
