/*
 * Planning: a phase's jobs are written by the database in steps of at most PLAN_STEP rows, so that cancel waits for one
 * step. A step is a transaction: KEY SHARE on the tally, INSERT … SELECT from the selection by keyset, and last the
 * tally, whose cursor must be where this planner saw it. Two planners at once do no harm; one that died is followed by
 * the sweep.
 */
#ifndef REPRISE_QUEUE_PLAN_H
#define REPRISE_QUEUE_PLAN_H

#include "common/queue/kind.h"
#include "common/queue/operation.h"

#define PLAN_STEP 5000

enum plan_status {
    PLAN_MORE,      /* a step was made (or another planner made it), the phase is not planned yet */
    PLAN_DONE,      /* the phase is planned, or the operation does not run */
    PLAN_ELSEWHERE, /* another planner is at it at this moment */
};

/* One step of whatever phase is to be planned. `*tally` as of after it. A failure of the step itself is counted: the
 * third ends the operation as failed, with the reason. */
MUST_CHECK enum err plan_step(struct pg *pg, const struct kind_table *kinds, const char *operation_id,
                              enum plan_status *status, struct tally *tally, struct err_info *error);

/* Adds the statement of a step, a selection's `plan`, to a transaction that the caller writes: with the args, the
 * cursor and the tally of `operation`. Its result: how many jobs it planned, and the new cursor. */
void plan_add_jobs(struct pg_batch *batch, const struct sql *plan, const struct operation *operation, const char *kind);

#endif
