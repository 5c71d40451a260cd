/*
 * What the history holds of the runs that a chunk is about, read when the chunk begins: what a job writes is written
 * only where this is still so.
 */
#ifndef REPRISE_WORKER_RUN_HISTORY_STORED_H
#define REPRISE_WORKER_RUN_HISTORY_STORED_H

#include "common/base/money.h"
#include "common/history/run_words.h"
#include "common/store/text.h"
#include "worker/run.h"

struct history_stored {
    bool found;
    const char *status; /* borrowed, as all texts */
    int64_t cost_nusd;  /* MONEY_UNKNOWN = null */
    const char *digest; /* NULL = null */
    int row;
};

/* A row for each job of the run, in their order, by a statement that takes their keys ($1) and keeps that order.
 * PQclear
 * `*rows` after use; NULL after a failure. */
MUST_CHECK enum err history_stored_rows(const struct run *run, const struct sql *statement, PGresult **rows,
                                        struct err_info *error);
/* One for each job of the run, by its key. `*rows` holds the further columns and the texts: PQclear it after use, on
 * failure too (it is NULL then). `statement`'s first columns are status, cost_nusd and source_digest. */
MUST_CHECK enum err history_stored_read(const struct run *run, const struct sql *statement,
                                        struct history_stored *stored, PGresult **rows, struct err_info *error);

/* PostgreSQL does not answer, or refuses for the moment: all jobs that have no result come back soon, no try used. */
void history_stored_put_off(struct run *run);
/* So much is in hand that the jobs from `from` on must wait for its settle: they come back at once. */
void history_stored_put_back(struct run *run, size_t from);

#endif
