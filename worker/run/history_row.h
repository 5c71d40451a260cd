/*
 * A run's row of workflow_history, scored, as JSON: what history_store takes (sql/migrations/0003_history.sql).
 */
#ifndef REPRISE_WORKER_RUN_HISTORY_ROW_H
#define REPRISE_WORKER_RUN_HISTORY_ROW_H

#include "common/history/run_facts.h"
#include "worker/run/history_stored.h"

enum history_row_cost {
    HISTORY_ROW_WRITES_COST,
    HISTORY_ROW_KEEPS_COST, /* the stored cost and token columns stay as they are */
};

struct history_row {
    const struct run_facts *facts;
    const struct history_stored *stored; /* what was read when the job began */
    enum history_row_cost cost;
    const char *reason; /* of the audit log, where the amount changes; else NULL */
};

/* Appends the object. */
void history_row_add(const struct history_row *row, struct buf *out);

#endif
