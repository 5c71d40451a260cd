/*
 * The endpoints for the test:
 *   GET  /_/stats                                   counts as JSON; writes out the log first
 *   GET  /_/files?app=A&repository=R&after=P&limit=N  {path: sha}, in byte order; after and limit (all) are optional
 *   POST /_/behave                                  see behave_set; ends what hangs or drips
 *   POST /_/reset                                   forgets files, keys, counts and rules; ends what hangs or drips
 */
#ifndef REPRISE_RECEIVER_ADMIN_H
#define REPRISE_RECEIVER_ADMIN_H

#include "tests/receiver/app.h"

#define ADMIN_PREFIX "/_/"

struct admin_request {
    const char *method, *path, *body;
    size_t len;
    const char *app_id, *repository_id, *after, *limit; /* NULL = not given */
};
struct admin_answer {
    int status;
    enum { ADMIN_READ_ONLY, ADMIN_RULES_CHANGED } effect;
};
/* Appends the JSON of the answer. */
struct admin_answer admin_answer(struct app *app, const struct admin_request *request, struct buf *out);
/* Appends {"error": "…"}. */
void admin_add_error(struct buf *out, const char *text);

#endif
