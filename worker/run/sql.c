/*
 * Jobs of a definition's own SQL (docs/own-jobs.md): its statement runs once for each chunk, inside of the settle
 * (own_statement.c), and what it returns decides the outcomes.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "worker/run/own_statement.h"

/* ---- what it returned -------------------------------------------------------------------------------------------- */

struct named_job {
    const char *key;
    size_t index;
};

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct named_job *)a)->key, ((const struct named_job *)b)->key);
}

static struct named_job *jobs_by_key(const struct run *run, const size_t *mine, size_t count)
{
    struct named_job *jobs = mem_array(count, sizeof *jobs);
    for (size_t i = 0; i < count; i++)
        jobs[i] = (struct named_job){run->jobs[mine[i]].key, mine[i]};
    qsort(jobs, count, sizeof *jobs, by_key);
    return jobs;
}

static void result_put(struct job_result *result, enum outcome outcome, const char *note, const char *json)
{
    job_result_fini(result);
    result->outcome = outcome;
    result->error = note == NULL ? NULL : mem_strdup(note);
    result->result = json == NULL ? NULL : mem_strdup(json);
}

static const char *column(const PGresult *rows, int row, const char *name)
{
    int at = PQfnumber(rows, name);
    return at < 0 ? NULL : pg_text(rows, row, at);
}

static void row_read(const PGresult *rows, int row, struct job_result *result)
{
    const char *word = column(rows, row, "outcome"), *note = column(rows, row, "note");
    char *json = own_result(column(rows, row, "result"));
    struct buf wrong = BUF_INIT;
    bool failed = word != NULL && strcmp(word, "failed") == 0, skipped = word != NULL && strcmp(word, "skipped") == 0;
    if (failed)
        result_put(result, OUTCOME_FAILED, note == NULL ? "the statement returned the outcome failed" : note, json);
    else if (skipped)
        result_put(result, OUTCOME_SKIPPED, note == NULL ? "the statement returned the outcome skipped" : note, json);
    else if (word == NULL || strcmp(word, "succeeded") == 0)
        result_put(result, OUTCOME_SUCCEEDED, NULL, json);
    else {
        buf_addf(&wrong, "the statement returned the outcome \"%.40s\"; it may be succeeded, failed or skipped", word);
        result_put(result, OUTCOME_FAILED, wrong.data, json);
    }
    buf_fini(&wrong);
    free(json);
}

/* Without RETURNING all have succeeded; with it those whose keys came back, and the others were passed over. */
static void rows_read(const struct run *run, const PGresult *rows, struct job_result *results, const size_t *mine,
                      size_t count)
{
    bool returns = PQnfields(rows) > 0;
    for (size_t i = 0; i < count; i++)
        result_put(&results[mine[i]], returns ? OUTCOME_SKIPPED : OUTCOME_SUCCEEDED,
                   returns ? "the statement did not return this key" : NULL, NULL);
    if (!returns)
        return;
    struct named_job *jobs = jobs_by_key(run, mine, count);
    for (int row = 0; row < pg_rows(rows); row++) {
        struct named_job wanted = {column(rows, row, "key"), 0};
        struct named_job *found = wanted.key == NULL ? NULL : bsearch(&wanted, jobs, count, sizeof *jobs, by_key);
        if (found != NULL)
            row_read(rows, row, &results[found->index]);
    }
    free(jobs);
}

/* ---- the chunk --------------------------------------------------------------------------------------------------- */

void sql_run(struct run *run)
{
    int phase = run->jobs[0].phase;
    const char *text =
        (size_t)phase < run->definition->phase_count ? run->definition->phases[phase].statement.text : NULL;
    struct err_info error = {0};
    if (text == NULL) {
        (void)!err_set(&error, ERR_PERMANENT, "the definition has no statement for phase %d", phase);
        own_fail_all(run, &error);
    } else if (run->dry_run) {
        for (size_t i = 0; i < run->count; i++)
            run_skip(run, i, "a dry run: the statement was not run", NULL);
    } else if (!recipe_has_role()) {
        own_put_off_all(run, "jobs.role is not set in this worker");
    } else if (!run_stopping(run)) {
        own_statement_use(run, text, recipe_statement_params, rows_read);
        for (size_t i = 0; run->within != NULL && i < run->count; i++)
            run_succeed(run, i, NULL); /* what the statement returns decides */
    }
}
