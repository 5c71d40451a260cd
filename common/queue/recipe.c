/*
 * Planning from what a definition says, and the frame in which its statements run. A selection's rows come to this
 * program and go back as arrays, because it is read by one role and the jobs are written by another; 5 000 rows a step
 * bound both. The selection must give text keys in ascending order of its own, each once: the last key of a step is
 * where the next one begins. Called by plan.c for each step; the frame also by the settle of such jobs
 * (worker/run/own_statement.c) and where a definition is checked or counted (definitions/definition_statements.c).
 */
#include "common/queue/recipe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "embedded/sql_queue.h"

#define LOCK_MS 5000 /* an open transaction of ours waits so long for a row of another's table */
#define SQLSTATE_UNIQUE "23505"
#define SQLSTATE_TOO_LONG "54000" /* a key that no index takes */

const struct named_sql_param recipe_selection_params[] = {
    {"args", "jsonb"}, {"after", "text"}, {"limit", "bigint"}, {NULL, NULL}};
const struct named_sql_param recipe_statement_params[] = {
    {"keys", "text[]"}, {"items", "text[]::jsonb[]"}, {"args", "jsonb"}, {NULL, NULL}};
const struct named_sql_param recipe_effect_params[] = {
    {"keys", "text[]"}, {"items", "text[]::jsonb[]"}, {"args", "jsonb"}, {"results", "text[]::jsonb[]"}, {NULL, NULL}};

/* ---- the role ---------------------------------------------------------------------------------------------------- */

/* Set at the start and never changed: all threads of a program read the same. */
static struct {
    char name[64]; /* NAMEDATALEN */
    int64_t statement_ms;
} role = {"", 10000};

void recipe_use_role(const char *name, int64_t statement_ms)
{
    snprintf(role.name, sizeof role.name, "%s", name);
    role.statement_ms = statement_ms;
}

bool recipe_has_role(void)
{
    return role.name[0] != '\0';
}

void recipe_enter(struct pg_batch *batch, int64_t most_ms)
{
    struct pg_args *args = pg_batch_add(batch, &sql_queue_recipe_enter);
    pg_arg_text(args, role.name);
    pg_arg_int8(args, most_ms < role.statement_ms ? most_ms : role.statement_ms);
    pg_arg_int8(args, LOCK_MS);
}

void recipe_leave(struct pg_batch *batch)
{
    pg_batch_add(batch, &sql_queue_recipe_constraints);
    pg_batch_add(batch, &sql_queue_recipe_leave);
}

void recipe_enter_to_read(struct pg_batch *batch, int64_t most_ms)
{
    pg_batch_add(batch, &sql_queue_recipe_savepoint);
    recipe_enter(batch, most_ms);
    pg_batch_add(batch, &sql_queue_recipe_read_only);
}

void recipe_leave_reading(struct pg_batch *batch)
{
    pg_batch_add(batch, &sql_queue_recipe_rollback);
}

bool recipe_is_to_blame(const struct err_info *error)
{
    return strcmp(error->sqlstate, "57014") == 0 || strcmp(error->sqlstate, "25006") == 0;
}

/* ---- planning ---------------------------------------------------------------------------------------------------- */

/* What `items` of the phase says. */
struct source {
    char *sql; /* NULL: a range */
    int64_t from, to;
};

static enum err source_read(struct pg *pg, const struct operation *operation, struct source *source,
                            struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    PGresult *result = NULL;
    *source = (struct source){.sql = NULL};
    pg_arg_text(args, operation->digest);
    pg_arg_int4(args, operation->tally.phase);
    enum err err = pg_exec(pg, &sql_queue_recipe_items, args, &result, error);
    bool is_there = err == ERR_OK && pg_rows(result) == 1;
    if (is_there && !pg_is_null(result, 0, 0))
        source->sql = mem_strdup(pg_text(result, 0, 0));
    else if (is_there && !pg_is_null(result, 0, 1) && !pg_is_null(result, 0, 2))
        *source = (struct source){NULL, pg_int8(result, 0, 1), pg_int8(result, 0, 2)};
    else if (err == ERR_OK)
        err = err_set(error, ERR_PERMANENT, "the definition does not say where the jobs of phase %d come from",
                      operation->tally.phase);
    PQclear(result);
    pg_args_drop(args);
    return err;
}

static void add_place(struct pg_args *args, const struct recipe_step *step)
{
    pg_arg_text(args, step->operation->tally.operation_id);
    pg_arg_int8(args, step->operation->tally.last_seq);
    pg_arg_int4(args, step->operation->tally.phase);
    pg_arg_text(args, step->kind);
}

static enum err plan_range(struct pg *pg, const struct recipe_step *step, const struct source *source,
                           struct recipe_planned *planned, struct err_info *error)
{
    const char *after = step->operation->plan_cursor;
    int64_t first = after == NULL ? source->from : strtoll(after, NULL, 10) + 1;
    int64_t last = source->to - first < step->limit ? source->to : first + step->limit - 1;
    if (first > source->to)
        return ERR_OK;
    struct pg_args *args = pg_args_new();
    add_place(args, step);
    pg_arg_int8(args, first);
    pg_arg_int8(args, last);
    enum err err = pg_exec(pg, &sql_queue_recipe_plan_range, args, NULL, error);
    pg_args_drop(args);
    planned->count = last - first + 1;
    struct buf text = BUF_INIT;
    buf_add_int(&text, last);
    planned->cursor = buf_take(&text);
    return err;
}

static enum err blame(struct err_info *error)
{
    struct err_info said = *error;
    return err_set(error, ERR_PERMANENT, "%s", said.text);
}

/* The rows of the step: key, item. */
static enum err select_rows(struct pg *pg, const struct recipe_step *step, const struct named_sql *sql,
                            struct pg_batch *batch, const PGresult **rows, struct err_info *error)
{
    const struct sql statement = {"items", SQL_UNPREPARED, sql->text.data};
    recipe_enter_to_read(batch, INT64_MAX);
    int at = pg_batch_count(batch);
    struct pg_args *args = pg_batch_add(batch, &statement);
    for (int i = 0; i < sql->param_count; i++) {
        if (sql->params[i] == RECIPE_ARGS)
            pg_arg_text(args, step->operation->args);
        else if (sql->params[i] == RECIPE_AFTER)
            pg_arg_text(args, step->operation->plan_cursor);
        else
            pg_arg_int8(args, step->limit);
    }
    recipe_leave_reading(batch);
    enum err err = pg_batch_run(pg, batch, error);
    *rows = err == ERR_OK ? pg_batch_result(batch, at) : NULL;
    return err == ERR_RETRY && recipe_is_to_blame(error) ? blame(error) : err;
}

static enum err rows_check(const PGresult *rows, const struct recipe_step *step, int key, struct err_info *error)
{
    if (key < 0)
        return err_set(error, ERR_PERMANENT, "the selection gives no column \"key\"");
    if (pg_rows(rows) > step->limit)
        return err_set(error, ERR_PERMANENT, "the selection gave %d rows where :limit was %d", pg_rows(rows),
                       step->limit);
    for (int row = 0; row < pg_rows(rows); row++)
        if (pg_is_null(rows, row, key))
            return err_set(error, ERR_PERMANENT,
                           "the selection gave a row whose key is null, behind the key \"%.100s\"",
                           row == 0 ? "" : pg_text(rows, row - 1, key));
    return ERR_OK;
}

/* In words of the selection; else the error as it is. */
static enum err explain(struct err_info *error)
{
    if (strcmp(error->sqlstate, SQLSTATE_UNIQUE) == 0)
        return err_prefix(error,
                          "the selection gave a key twice (each key may come once, in the order that :after goes by)");
    if (strcmp(error->sqlstate, SQLSTATE_TOO_LONG) == 0)
        return err_prefix(error, "the selection gave a key that is too long (2 000 bytes are taken)");
    return error->code;
}

static enum err write_rows(struct pg *pg, const struct recipe_step *step, const PGresult *rows, int key,
                           struct err_info *error)
{
    size_t count = (size_t)pg_rows(rows);
    int item = PQfnumber(rows, "item");
    const char **texts = mem_array(2 * count + 1, sizeof *texts);
    for (size_t row = 0; row < count; row++) {
        texts[row] = pg_text(rows, (int)row, key);
        texts[count + row] = item < 0 ? NULL : pg_text(rows, (int)row, item);
    }
    struct pg_args *args = pg_args_new();
    add_place(args, step);
    pg_arg_texts(args, texts, count);
    pg_arg_texts(args, texts + count, count);
    enum err err = pg_exec(pg, &sql_queue_recipe_plan_rows, args, NULL, error);
    pg_args_drop(args);
    free(texts);
    return err == ERR_OK ? ERR_OK : explain(error);
}

static enum err plan_rows(struct pg *pg, const struct recipe_step *step, const struct source *source,
                          struct recipe_planned *planned, struct err_info *error)
{
    struct named_sql sql;
    size_t at;
    const PGresult *rows = NULL;
    struct pg_batch *batch = pg_batch_new();
    enum err err = named_sql_parse(source->sql, recipe_selection_params, &sql, &at, error);
    if (err == ERR_OK)
        err = select_rows(pg, step, &sql, batch, &rows, error);
    int key = err == ERR_OK ? PQfnumber(rows, "key") : -1;
    if (err == ERR_OK)
        err = rows_check(rows, step, key, error);
    if (err == ERR_OK && pg_rows(rows) > 0) {
        err = write_rows(pg, step, rows, key, error);
        planned->count = pg_rows(rows);
        planned->cursor = mem_strdup(pg_text(rows, pg_rows(rows) - 1, key));
    }
    pg_batch_drop(batch);
    named_sql_fini(&sql);
    return err;
}

enum err recipe_plan(struct pg *pg, const struct recipe_step *step, struct recipe_planned *planned,
                     struct err_info *error)
{
    struct source source;
    *planned = (struct recipe_planned){0, NULL};
    enum err err = source_read(pg, step->operation, &source, error);
    if (err == ERR_OK)
        err = source.sql == NULL ? plan_range(pg, step, &source, planned, error)
                                 : plan_rows(pg, step, &source, planned, error);
    free(source.sql);
    return err;
}
