/*
 * What an executor keeps from one chunk of history jobs to the next: the prices and the reader's buffers. The agents
 * directory is opened for each chunk: it may have been replaced.
 */
#ifndef REPRISE_WORKER_RUN_HISTORY_TOOLS_H
#define REPRISE_WORKER_RUN_HISTORY_TOOLS_H

#include "common/base/money.h"
#include "common/history/run_words.h"
#include "common/store/text.h"
#include "worker/run.h"
#include "worker/run/history_files.h"

struct history_tools {
    struct prices *prices;
    char *prices_path;             /* the setting that they were read by; NULL = none yet */
    struct history_reader *reader; /* stops where the run in hand must */
    struct history_dir *dir;       /* of the run in hand */
};

/* Makes them where they are not there yet, and opens the directory: history.agents_dir, and below it the argument
 * `directory`. On failure all jobs of the run have a result. */
MUST_CHECK enum err history_tools_ready(struct run *run, struct history_tools **tools);
/* Rules on a job by what reading its files said: a trouble that may pass is tried again, and one whose reading was
 * stopped stays as it is. */
void history_tools_fail(struct run *run, size_t index, const struct err_info *error);
void history_tools_drop(void *kept);

/* ---- what the history holds -------------------------------------------------------------------------------------- */

/*
 * What the history holds of the runs that a chunk is about, read when the chunk begins: what a job writes is written
 * only where this is still so.
 */

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
