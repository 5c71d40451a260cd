/* What is said to a person before a request is accepted, from its preview: by a dry run, or as a question. */
#ifndef REPRISE_PRODUCER_PREVIEW_TEXT_H
#define REPRISE_PRODUCER_PREVIEW_TEXT_H

#include "common/definitions/submission.h"
#include "producer/session.h"

/* What the request would do; nothing is written. */
MUST_CHECK enum err preview_show(struct session *session, const struct submission *submission, struct err_info *error);

/* Appends the definition's `confirm`, which must be there, filled in: {links} becomes the number of jobs, and so on. */
void preview_question(struct session *session, const struct submission *submission, struct buf *question);

#endif
