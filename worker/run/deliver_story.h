/*
 * The story of a delivery job, for both kinds.
 */
#ifndef REPRISE_WORKER_RUN_DELIVER_STORY_H
#define REPRISE_WORKER_RUN_DELIVER_STORY_H

#include "worker/run/deliver.h"

/* What a kind does first, once the link is known and its circuit is not in the way; NULL = nothing. */
typedef enum err deliver_first_fn(struct deliver *deliver, struct err_info *error);

void deliver_tell(struct run *run, deliver_first_fn *first);

#endif
