/*
 * SQL of a definition's own within the settle (docs/own-jobs.md). So a row changes exactly once however often a worker
 * dies, and nothing changes after a cancel, for fence, statement, outcomes and counts are one commit. Keys, items,
 * results and arguments are parameters of the statement and never a part of its text. It runs by the role of
 * `jobs.role`.
 */
#include "worker/run/own_statement.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#define AGAIN_MS 30000

/* What the settle needs of a chunk. */
struct own_statement {
    const struct run *run;
    own_rows_fn *read;
    struct named_sql sql;
};

static void own_statement_drop(void *context)
{
    struct own_statement *statement = context;
    named_sql_fini(&statement->sql);
    free(statement);
}

/* ---- its parameters ---------------------------------------------------------------------------------------------- */

struct own_jobs {
    const struct run *run;
    const struct job_result *results;
    const size_t *index;
    size_t count;
};

static const char *text_of(const struct own_jobs *jobs, size_t index, int param)
{
    if (param == RECIPE_KEYS)
        return jobs->run->jobs[index].key;
    return param == RECIPE_ITEMS ? jobs->run->jobs[index].item : jobs->results[index].result;
}

static void add_texts(struct pg_args *args, const struct own_jobs *jobs, int param)
{
    const char **texts = mem_array(jobs->count, sizeof *texts);
    for (size_t i = 0; i < jobs->count; i++)
        texts[i] = text_of(jobs, jobs->index[i], param);
    pg_arg_texts(args, texts, jobs->count);
    free(texts);
}

static void add_params(struct pg_args *args, const struct named_sql *sql, const struct own_jobs *jobs)
{
    for (int i = 0; i < sql->param_count; i++) {
        if (sql->params[i] == RECIPE_STATEMENT_ARGS)
            pg_arg_text(args, json_object_to_json_string(jobs->run->args));
        else
            add_texts(args, jobs, sql->params[i]);
    }
}

/* ---- running it -------------------------------------------------------------------------------------------------- */

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

static enum err run_for(struct pg *pg, const struct own_statement *own, const struct own_jobs *jobs,
                        struct job_result *results, struct err_info *error)
{
    const struct sql statement = {"statement", SQL_UNPREPARED, own->sql.text.data};
    struct pg_batch *batch = pg_batch_new();
    recipe_enter(batch, INT64_MAX);
    int at = pg_batch_count(batch);
    add_params(pg_batch_add(batch, &statement), &own->sql, jobs);
    recipe_leave(batch);
    enum err err = pg_batch_run(pg, batch, error);
    if (err != ERR_OK)
        err = statement_error(err, error);
    else if (own->read != NULL)
        own->read(own->run, pg_batch_result(batch, at), results, jobs->index, jobs->count);
    pg_batch_drop(batch);
    return err;
}

/* In the settle's transaction, for the jobs that the fence let through; of these for what has succeeded. */
static enum err run_statement(struct pg *pg, struct job_result *results, const size_t *mine, size_t count,
                              void *context, struct err_info *error)
{
    const struct own_statement *own = context;
    size_t *succeeded = mem_array(count + 1, sizeof *succeeded);
    struct own_jobs jobs = {own->run, results, succeeded, 0};
    for (size_t i = 0; i < count; i++)
        if (own->read != NULL || results[mine[i]].outcome == OUTCOME_SUCCEEDED)
            succeeded[jobs.count++] = mine[i];
    enum err err = jobs.count == 0 ? ERR_OK : run_for(pg, own, &jobs, results, error);
    free(succeeded);
    return err;
}

void own_statement_use(struct run *run, const char *text, const struct named_sql_param *params, own_rows_fn *read)
{
    struct own_statement *own = mem_zalloc(sizeof *own);
    struct err_info error = {0};
    size_t at;
    own->run = run;
    own->read = read;
    run->effects_context = own;
    run->drop_effects = own_statement_drop;
    if (named_sql_parse(text, params, &own->sql, &at, &error) == ERR_OK)
        run->within = run_statement;
    else
        own_fail_all(run, &error);
}

/* ---- what the kinds share ---------------------------------------------------------------------------------------- */

void own_fail_all(struct run *run, const struct err_info *why)
{
    for (size_t i = 0; i < run->count; i++)
        if (run->results[i].outcome == OUTCOME_NONE)
            run_fail(run, i, why, RUN_FINAL, NULL);
}

/* Another worker may have it, and a restart may give it to this one: no try is used. */
void own_put_off_all(struct run *run, const char *reason)
{
    run_note_health(run, reason, AGAIN_MS);
    for (size_t i = 0; i < run->count; i++)
        if (run->results[i].outcome == OUTCOME_NONE)
            run_put_off_because(run, i, AGAIN_MS, reason);
}

char *own_result(const char *json)
{
    struct buf object = BUF_INIT;
    if (json == NULL || strcmp(json, "null") == 0)
        return NULL;
    if (strlen(json) > OWN_RESULT_MAX_BYTES)
        buf_add_str(&object, "{\"cut\": \"the result was larger than 64 KiB\"}");
    else if (json[strspn(json, " \t\r\n")] == '{')
        buf_add_str(&object, json);
    else
        buf_addf(&object, "{\"value\": %s}", json);
    return buf_take(&object);
}
