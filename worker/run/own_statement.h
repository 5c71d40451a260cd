/*
 * SQL of a definition's own within the settle of a chunk: between the fence that deletes the promises and the outcomes.
 * For the kinds that a definition fills in (sql.c, command.c).
 */
#ifndef REPRISE_WORKER_RUN_OWN_STATEMENT_H
#define REPRISE_WORKER_RUN_OWN_STATEMENT_H

#include "common/queue/recipe.h"
#include "worker/run.h"

/* Reads what the statement returned into the results of `mine`. */
typedef void own_rows_fn(const struct run *run, const PGresult *rows, struct job_result *results, const size_t *mine,
                         size_t count);

/* The settle of the run shall run `text`, whose parameters are `params` (recipe_statement_params or
 * recipe_effect_params), for its jobs that have succeeded so far, and give what it returned to `read` (NULL: it is not
 * read). Where the text cannot be used, all jobs fail. */
void own_statement_use(struct run *run, const char *text, const struct named_sql_param *params, own_rows_fn *read);

/* The jobs of the run without a result: all fail for good; all are put off without a try, since this worker lacks
 * something that another may have. */
void own_fail_all(struct run *run, const struct err_info *why);
void own_put_off_all(struct run *run, const char *reason);

#define OWN_RESULT_MAX_BYTES 65536
/* What a job's result is: an object. What is none becomes {"value": …}, and what is over 64 KiB {"cut": …}. The caller
 * frees it; NULL for none. */
char *own_result(const char *json);

#endif
