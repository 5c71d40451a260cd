/*
 * A cost re-sync in hand: what was read of each run, from PostgreSQL when it began and from the files, and what of it
 * the settle writes.
 */
#ifndef REPRISE_WORKER_RUN_RECOST_H
#define REPRISE_WORKER_RUN_RECOST_H

#include "common/history/cost_rule.h"
#include "common/history/run_facts.h"
#include "worker/run/history_stored.h"

struct recost_entry {
    struct history_stored stored;
    struct run_facts facts;
    bool writes; /* its cost and token columns, all together */
};

struct recost {
    const struct run *run;
    struct history_tools *tools;
    const char *reason; /* of the audit log */
    PGresult *rows;     /* of stored_costs */
    struct recost_entry *entries;
};

/* The effects of the settle (a settle_effects_fn): one statement for all that write. */
void recost_write(struct pg_batch *batch, const size_t *mine, size_t count, void *context);

#endif
