/*
 * A sync in hand: what was read of each run from PostgreSQL when its chunk began, and what the settle writes of it.
 */
#ifndef REPRISE_WORKER_RUN_ENRICH_H
#define REPRISE_WORKER_RUN_ENRICH_H

#include "common/history/run_status.h"
#include "worker/run/history_stored.h"
#include "worker/run/history_tools.h"

struct enrich_entry {
    struct history_stored stored;
    char *row; /* JSON of history_row.h; NULL = nothing is written */
    bool keeps_cost;
    const char *reason;     /* of the audit log; NULL = the amount does not change */
    int64_t cost_nusd;      /* what it changes to */
    enum run_status status; /* what the files say */
};

struct enrich {
    const struct run *run;
    struct history_tools *tools;
    PGresult *rows; /* of stored_sources */
    struct enrich_entry *entries;
    size_t row_bytes; /* of all rows in the entries */
};

/* The effects of the settle (a settle_effects_fn): one statement for all that is written. */
void enrich_write(struct pg_batch *batch, const size_t *mine, size_t count, void *context);

#endif
