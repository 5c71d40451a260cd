/*
 * Jobs of a definition's own SQL (docs/own-jobs.md): its statement runs once for each chunk, inside of the settle,
 * between the fence that deletes the promises and the outcomes. So a row changes exactly once however often a worker
 * dies, and nothing changes after a cancel, for fence, statement, outcomes and counts are one commit. Keys, items and
 * arguments are parameters of the statement and never a part of its text. It runs by the role of `jobs.role`.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/queue/recipe.h"
#include "worker/run.h"

#define NO_ROLE_AGAIN_MS 30000
#define RESULT_MAX_BYTES 65536

/* What the settle needs of a chunk. */
struct sql_chunk {
    const struct run *run;
    struct named_sql statement;
};

static void sql_chunk_drop(void *context)
{
    struct sql_chunk *chunk = context;
    named_sql_fini(&chunk->statement);
    free(chunk);
}

/* ---- running it -------------------------------------------------------------------------------------------------- */

static void add_texts(struct pg_args *args, const struct run *run, const size_t *mine, size_t count, bool items)
{
    const char **texts = mem_array(count, sizeof *texts);
    for (size_t i = 0; i < count; i++)
        texts[i] = items ? run->jobs[mine[i]].item : run->jobs[mine[i]].key;
    pg_arg_texts(args, texts, count);
    free(texts);
}

static void add_params(struct pg_args *args, const struct sql_chunk *chunk, const size_t *mine, size_t count)
{
    for (int i = 0; i < chunk->statement.param_count; i++) {
        if (chunk->statement.params[i] == RECIPE_STATEMENT_ARGS)
            pg_arg_text(args, json_object_to_json_string(chunk->run->args));
        else
            add_texts(args, chunk->run, mine, count, chunk->statement.params[i] == RECIPE_ITEMS);
    }
}

/* A trouble of the moment is repeated with the whole settle. Anything else may be the fault of one job: what the server
 * says of the class of an error of ours (RP…) is no news of ours when a statement of others raises it, and a statement
 * that takes too long for a thousand rows may do for one. */
static enum err statement_error(enum err err, struct err_info *error)
{
    bool is_passing = err == ERR_UNREACHABLE || (err == ERR_RETRY && !recipe_is_to_blame(error));
    struct err_info said = *error;
    if (is_passing)
        return err;
    (void)!err_set(error, ERR_PERMANENT, "%s (SQLSTATE %s)", said.text, said.sqlstate);
    return ERR_PERMANENT;
}

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

/* A result is an object (job.h): what is none becomes {"value": …}. The caller frees it. */
static char *object_of(const char *json)
{
    struct buf object = BUF_INIT;
    if (json == NULL || strcmp(json, "null") == 0)
        return NULL;
    if (strlen(json) > RESULT_MAX_BYTES)
        buf_add_str(&object, "{\"cut\": \"the result was larger than 64 KiB\"}");
    else if (json[strspn(json, " \t\r\n")] == '{')
        buf_add_str(&object, json);
    else
        buf_addf(&object, "{\"value\": %s}", json);
    return buf_take(&object);
}

static void row_read(const PGresult *rows, int row, struct job_result *result)
{
    const char *word = column(rows, row, "outcome"), *note = column(rows, row, "note");
    char *json = object_of(column(rows, row, "result"));
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

/* In the settle's transaction, for the jobs that the fence let through. */
static enum err run_statement(struct pg *pg, struct job_result *results, const size_t *mine, size_t count,
                              void *context, struct err_info *error)
{
    const struct sql_chunk *chunk = context;
    const struct sql statement = {"statement", SQL_UNPREPARED, chunk->statement.text.data};
    struct pg_batch *batch = pg_batch_new();
    recipe_enter(batch, INT64_MAX);
    int at = pg_batch_count(batch);
    add_params(pg_batch_add(batch, &statement), chunk, mine, count);
    recipe_leave(batch);
    enum err err = pg_batch_run(pg, batch, error);
    if (err == ERR_OK)
        rows_read(chunk->run, pg_batch_result(batch, at), results, mine, count);
    else
        err = statement_error(err, error);
    pg_batch_drop(batch);
    return err;
}

/* ---- the chunk --------------------------------------------------------------------------------------------------- */

static void fail_all(struct run *run, const struct err_info *why)
{
    for (size_t i = 0; i < run->count; i++)
        run_fail(run, i, why, RUN_FINAL, NULL);
}

/* Another worker may have the setting, and a restart gives it to this one: no try is used. */
static void put_off_all(struct run *run)
{
    static const char reason[] = "jobs.role is not set in this worker";
    run_note_health(run, reason, NO_ROLE_AGAIN_MS);
    for (size_t i = 0; i < run->count; i++)
        run_put_off_because(run, i, NO_ROLE_AGAIN_MS, reason);
}

static void prepare(struct run *run, const char *text)
{
    struct sql_chunk *chunk = mem_zalloc(sizeof *chunk);
    struct err_info error = {0};
    size_t at;
    chunk->run = run;
    run->effects_context = chunk;
    run->drop_effects = sql_chunk_drop;
    if (named_sql_parse(text, recipe_statement_params, &chunk->statement, &at, &error) != ERR_OK) {
        fail_all(run, &error);
        return;
    }
    run->within = run_statement;
    for (size_t i = 0; i < run->count; i++)
        run_succeed(run, i, NULL); /* what the statement returns decides */
}

void sql_run(struct run *run)
{
    int phase = run->jobs[0].phase;
    const char *text =
        (size_t)phase < run->definition->phase_count ? run->definition->phases[phase].statement.text : NULL;
    struct err_info error = {0};
    if (text == NULL) {
        (void)!err_set(&error, ERR_PERMANENT, "the definition has no statement for phase %d", phase);
        fail_all(run, &error);
    } else if (run->dry_run) {
        for (size_t i = 0; i < run->count; i++)
            run_skip(run, i, "a dry run: the statement was not run", NULL);
    } else if (!recipe_has_role()) {
        put_off_all(run);
    } else if (!run_stopping(run)) {
        prepare(run, text);
    }
}
