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
void enrich_run(struct run *run);
void score_run(struct run *run);
void similar_run(struct run *run);
void patterns_run(struct run *run);
void recost_run(struct run *run);
void webhook_run(struct run *run);

/* After each settle: "resync progress: …" in the log. */
void recost_settled(const struct tally *tally);

#endif
