/*
 * The handlers: what a job of each kind does. The table (table.c) binds them to the names of common/kinds.
 */
#ifndef REPRISE_WORKER_RUN_HANDLERS_H
#define REPRISE_WORKER_RUN_HANDLERS_H

#include "worker/run.h"

void noop_run(struct run *run);
void snapshot_run(struct run *run);
void resync_run(struct run *run);
void resync_definitions_run(struct run *run);
void scan_run(struct run *run);
void sync_run_run(struct run *run);
void score_run(struct run *run);
void similar_run(struct run *run);
void patterns_run(struct run *run);
void recompute_cost_run(struct run *run);
void webhook_run(struct run *run);
void sql_run(struct run *run);

/* Drops what score_run keeps from one chunk to the next. */
void score_means_drop(void *means);

/* After each settle: "resync progress: …" in the log. */
void recompute_cost_settled(const struct tally *tally);

#endif
