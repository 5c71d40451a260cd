/*
 * Files that are too large to be sent: the link says so, and what the app holds at their paths is taken back or left,
 * by deliver.too_large. They are looked at again when they change, and when the limits do.
 */
#ifndef REPRISE_WORKER_RUN_DELIVER_WITHHOLD_H
#define REPRISE_WORKER_RUN_DELIVER_WITHHOLD_H

#include "worker/run/deliver_changes.h"

/* Counts a file, of this many bytes. `setting` is the limit that it is beyond. */
void deliver_withhold(struct deliver *deliver, const char *path, int64_t size, const char *setting);
/* Whether the app must be told that the path is gone, rather than be left with what it holds. */
bool deliver_takes_back(const struct deliver *deliver, const struct deliver_change *change);

/* The limits in force, as the link keeps them. The caller frees it. */
char *deliver_withhold_limits(const struct config *config);
/* Whether what the link was not sent would not be sent today either. */
bool deliver_is_withheld_still(const struct deliver *deliver);
/* What the link will say after this job: a sentence that the caller frees, or NULL. */
char *deliver_withheld(const struct deliver *deliver);

#endif
