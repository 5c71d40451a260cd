/*
 * The sweep: everything that a process should have done and may have died before. Every worker does it every SWEEP_MS;
 * a lock spares double work, and every step is harmless when done twice. It advances, continues plans, mirrors counts,
 * keeps windows filled, repairs what I5 forbids, removes what cancelled operations leave, and prunes old outcomes.
 */
#ifndef REPRISE_QUEUE_SWEEP_H
#define REPRISE_QUEUE_SWEEP_H

#include "common/queue/dispatch.h"
#include "common/queue/plan.h"

#define SWEEP_MS 2000

struct sweep;
/* All pointers are borrowed and must outlive it. `retention_ms`: age at which the outcomes of an ended operation go; 0
 * = never. */
struct sweep *sweep_new(struct pg *pg, const struct dispatch *dispatch, const struct kind_table *kinds,
                        int64_t retention_ms);
void sweep_drop(struct sweep *sweep);
/* Another `retention_ms`, from the next pass on. */
void sweep_keep(struct sweep *sweep, int64_t retention_ms);

/* Redis was rebuilt: the next passes walk over all keys at once, for hashes that it has wrong. */
void sweep_walk_soon(struct sweep *sweep);

/* One pass. `*more`: there is work left that should not wait for the next one (a plan, a removal). */
MUST_CHECK enum err sweep_pass(struct sweep *sweep, bool *more, struct err_info *error);

/* Cancels in PostgreSQL what a client cancelled by `HSET … cancelled true`. Called every second. */
MUST_CHECK enum err sweep_cancel_flags(struct sweep *sweep, struct err_info *error);

/* Advances a phase that is done and makes planning steps for at most `budget_ms`, mirroring as it goes, so that workers
 * begin while the rest is being planned. `*more`: the plan is not finished. */
MUST_CHECK enum err sweep_push_on(struct sweep *sweep, const char *operation_id, int64_t budget_ms, bool *more,
                                  struct err_info *error);

#endif
