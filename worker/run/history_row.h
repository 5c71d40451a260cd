/*
 * A run's row of workflow_history, scored, as JSON: what history_store takes (sql/migrations/0003_history.sql).
 */
#ifndef REPRISE_WORKER_RUN_HISTORY_ROW_H
#define REPRISE_WORKER_RUN_HISTORY_ROW_H

#include "common/base/buf.h"
#include "common/history/run_facts.h"

/* Appends the object. */
void history_row_add(const struct run_facts *facts, struct buf *out);

#endif
