/*
 * Following an operation to its end by looking at PostgreSQL's tally again and again: it works without Redis. Ctrl-C
 * ends the looking, not the operation.
 */
#ifndef REPRISE_PRODUCER_FOLLOW_H
#define REPRISE_PRODUCER_FOLLOW_H

#include <json-c/json_object.h>

#include "producer/progress_text.h"
#include "producer/session.h"

struct view {
    struct progress progress;
    char *operation_id, *definition, *subject, *error; /* `error` NULL = none */
    bool pruned;                                       /* its outcomes were removed after their time */
    struct json_object *json;                          /* all of it, as --json prints it */
};
void view_fini(struct view *view);

/* How the operation is now. ERR_NOT_FOUND. On success view_fini is owed. */
MUST_CHECK enum err view_read(struct session *session, const char *operation_id, struct view *view,
                              struct err_info *error);

/* Adds to a view of a running operation what its long jobs have done: the files of those under way. */
void view_read_jobs(struct session *session, struct view *view);

enum follow_style {
    FOLLOW_SINGLE, /* a single item: looks again after 5 ms, then less and less often; after a second a bar, on a
                      terminal */
    FOLLOW_BAR,    /* draws on stderr: a bar on a terminal, else a line now and then */
};
/* Returns when the operation has ended, with its last view. ERR_INTERRUPTED: Ctrl-C; the text says how to cancel. */
MUST_CHECK enum err follow(struct session *session, const char *operation_id, enum follow_style style,
                           struct view *view, struct err_info *error);

/* Says on stderr which operation it is: what a person needs who leaves, or loses the terminal. */
void follow_note_operation(const char *operation_id);

#endif
