/*
 * What follows once an operation has been accepted: its first jobs are planned and it is opened in Redis, so that it
 * begins sooner than the sweep would see to it. PostgreSQL has it: whatever fails here only delays, and the caller
 * says so and goes on.
 */
#ifndef REPRISE_QUEUE_OPERATION_START_H
#define REPRISE_QUEUE_OPERATION_START_H

#include "common/queue/dispatch.h"
#include "common/queue/plan.h"

/* One step of the plan, and on to the next phase over an empty one. `*status`: PLAN_MORE, it is not done yet;
 * PLAN_ELSEWHERE, look again in a moment; PLAN_DONE. `*tally` as of after it. */
MUST_CHECK enum err operation_start_plan(struct pg *pg, const struct kind_table *kinds, const char *operation_id,
                                         struct tally *tally, enum plan_status *status, struct err_info *error);

/* Opens it in Redis. `*live_workers`: how many there are that could run it. */
MUST_CHECK enum err operation_start_open(const struct dispatch *dispatch, struct pg *pg, const char *operation_id,
                                         int64_t *live_workers, struct err_info *error);

/* A request that joined a waiting operation: that one goes to the head of its queue. `*waits` is false where it does
 * not wait any more: then nothing is done. */
MUST_CHECK enum err operation_start_join(const struct dispatch *dispatch, struct pg *pg, const char *operation_id,
                                         bool *waits, int64_t *live_workers, struct err_info *error);

#endif
