/*
 * A definition's own SQL before PostgreSQL. Each statement is parsed (names, types, columns) and explained (rights, for
 * these are looked at when a plan begins) by the role that will run it, inside of a savepoint that is always rolled
 * back. A position of the server is carried back through the named parameters into the file, so that the error names
 * the line of the SQL that a person wrote. Called by a re-sync, for each file, and by the preview of a request.
 */
#include "common/definitions/definition_registry.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/queue/recipe.h"
#include "embedded/sql_definitions.h"
#include "embedded/sql_session.h"

#define COUNT_MS 5000
#define SQLSTATE_CANCELLED "57014"

enum { TYPE_TEXT = 25, TYPE_VARCHAR = 1043, TYPE_JSON = 114, TYPE_JSONB = 3802 }; /* pg_type.oid */

/* One statement of a definition, as it is looked at. */
struct look {
    struct pg *pg;
    const struct definition_sql *sql;
    const char *name; /* its key in the file */
    struct named_sql named;
    struct err_info *error;
};

/* ---- errors ------------------------------------------------------------------------------------------------------ */

static bool is_of_the_database(enum err err, const struct err_info *error)
{
    return err == ERR_UNREACHABLE || (err == ERR_RETRY && !recipe_is_to_blame(error));
}

/* The byte at which character `number` (from 1) of the text begins. */
static size_t byte_of(const char *text, int number)
{
    size_t at = 0;
    for (int i = 1; i < number && text[at] != '\0';) {
        at++;
        if (((unsigned char)text[at] & 0xC0) != 0x80)
            i++;
    }
    return at;
}

/* `before`: how many bytes stand before the statement in what was sent. */
static enum err server_error(const struct look *look, size_t before, enum err err)
{
    struct err_info said = *look->error;
    if (is_of_the_database(err, look->error))
        return err;
    size_t byte = 0;
    if (said.column > 0) {
        size_t sent = byte_of(look->named.text.data, said.column - (int)before);
        byte = named_sql_source(&look->named, sent);
    }
    /* What is wrong with the role needs no name of a statement of ours before it. */
    const char *text = strcmp(said.sqlstate, "RP409") == 0 ? strchr(said.text, ':') : NULL;
    return definition_sql_error(look->sql, byte, look->error, "%s", text == NULL ? said.text : text + 2);
}

/* ---- what a statement gives -------------------------------------------------------------------------------------- */

static bool is_json(Oid type)
{
    return type == TYPE_JSON || type == TYPE_JSONB;
}

static bool is_text(Oid type)
{
    return type == TYPE_TEXT || type == TYPE_VARCHAR;
}

/* `name` is absent (and may be), or has such a type. */
static bool is_absent_or(const PGresult *columns, const char *name, bool (*wanted)(Oid))
{
    int at = PQfnumber(columns, name);
    return at < 0 || wanted(PQftype(columns, at));
}

static const char *selection_fault(const PGresult *columns)
{
    if (PQfnumber(columns, "key") < 0)
        return "a selection gives a column \"key\": the text by which a job is known";
    if (!is_absent_or(columns, "key", is_text))
        return "the column \"key\" must be text: write it as …::text AS key";
    if (!is_absent_or(columns, "item", is_json))
        return "the column \"item\" must be jsonb: write it as to_jsonb(…) or jsonb_build_object(…)";
    return NULL;
}

static const char *statement_fault(const PGresult *columns)
{
    if (PQnfields(columns) == 0)
        return NULL;
    if (PQfnumber(columns, "key") < 0)
        return "what is returned must have a column \"key\": RETURNING job.key, …";
    if (!is_absent_or(columns, "key", is_text))
        return "the returned column \"key\" must be text";
    if (!is_absent_or(columns, "result", is_json))
        return "the returned column \"result\" must be jsonb: write it as to_jsonb(…) or jsonb_build_object(…)";
    if (!is_absent_or(columns, "outcome", is_text) || !is_absent_or(columns, "note", is_text))
        return "the returned columns \"outcome\" and \"note\" must be text";
    return NULL;
}

/* What an effect returns is not read. */
static const char *effect_fault(const PGresult *columns)
{
    (void)columns;
    return NULL;
}

static enum err describe(const struct look *look, const char *(*fault)(const PGresult *))
{
    const struct sql statement = {look->name, SQL_UNPREPARED, look->named.text.data};
    PGresult *columns = NULL;
    enum err err = pg_describe(look->pg, &statement, &columns, look->error);
    if (err != ERR_OK)
        return server_error(look, 0, err);
    const char *wrong = fault(columns);
    PQclear(columns);
    return wrong == NULL ? ERR_OK : definition_sql_error(look->sql, 0, look->error, "%s", wrong);
}

/* Parameters do not matter here: nothing is run. */
static void add_nulls(struct pg_args *args, const struct named_sql *named)
{
    for (int i = 0; i < named->param_count; i++)
        pg_arg_null(args);
}

/* The statement in its frame. Returns how many bytes stand before it. */
static size_t frame_fill(const struct sql *frame, const struct named_sql *named, struct buf *text)
{
    static const char place[] = "VALUES ('the statement')"; /* as sql/definitions/statements.sql has it */
    const char *at = strstr(frame->text, place);
    size_t before = (size_t)(at - frame->text);
    buf_add(text, frame->text, before);
    buf_add_str(text, named->text.data);
    buf_add_str(text, at + strlen(place));
    return before;
}

static enum err explain(const struct look *look)
{
    struct pg_batch *batch = pg_batch_new();
    struct buf text = BUF_INIT;
    size_t before = frame_fill(&sql_definitions_statement_explain, &look->named, &text);
    const struct sql statement = {look->name, SQL_UNPREPARED, text.data};
    add_nulls(pg_batch_add(batch, &statement), &look->named);
    enum err err = pg_batch_run(look->pg, batch, look->error);
    pg_batch_drop(batch);
    buf_fini(&text);
    return err == ERR_OK ? ERR_OK : server_error(look, before, err);
}

/* Inside of a savepoint, by the role. */
static enum err look_inside(struct look *look, const char *(*fault)(const PGresult *))
{
    struct pg_batch *batch = pg_batch_new();
    recipe_enter_to_read(batch, INT64_MAX);
    enum err err = pg_batch_run(look->pg, batch, look->error);
    if (err != ERR_OK)
        err = server_error(look, 0, err);
    if (err == ERR_OK)
        err = describe(look, fault);
    if (err == ERR_OK)
        err = explain(look);
    pg_batch_reset(batch);
    recipe_leave_reading(batch);
    struct err_info second;
    if (!is_of_the_database(err, look->error) && pg_batch_run(look->pg, batch, &second) != ERR_OK) {
        *look->error = second;
        err = second.code;
    }
    pg_batch_drop(batch);
    return err;
}

static enum err sql_check(struct pg *pg, const char *name, const struct definition_sql *sql,
                          const struct named_sql_param *params, struct err_info *error)
{
    struct look look = {.pg = pg, .sql = sql, .name = name, .error = error};
    size_t at;
    enum err err = named_sql_parse(sql->text, params, &look.named, &at, error);
    if (err == ERR_OK)
        err = look_inside(&look, params == recipe_selection_params   ? selection_fault
                                 : params == recipe_statement_params ? statement_fault
                                                                     : effect_fault);
    named_sql_fini(&look.named);
    return err;
}

enum err definition_statements_check(struct pg *pg, const struct definition *definition, struct err_info *error)
{
    enum err err = ERR_OK;
    for (size_t i = 0; i < definition->phase_count && err == ERR_OK; i++) {
        const struct definition_phase *phase = &definition->phases[i];
        if (phase->selection.text != NULL)
            err = sql_check(pg, "items", &phase->selection, recipe_selection_params, error);
        if (err == ERR_OK && phase->statement.text != NULL)
            err = sql_check(pg, "statement", &phase->statement, recipe_statement_params, error);
        if (err == ERR_OK && phase->effect.text != NULL)
            err = sql_check(pg, "effect", &phase->effect, recipe_effect_params, error);
    }
    return err;
}

/* ---- how many ---------------------------------------------------------------------------------------------------- */

/* Counts in a transaction of its own, which is rolled back. */
static enum err count_rows(struct pg *pg, const struct named_sql *named, const char *args_text, int64_t *jobs,
                           struct err_info *error)
{
    struct buf text = BUF_INIT;
    struct pg_batch *batch = pg_batch_new();
    (void)frame_fill(&sql_definitions_statement_count, named, &text);
    const struct sql statement = {"items", SQL_UNPREPARED, text.data};
    pg_batch_add(batch, &sql_session_begin);
    recipe_enter_to_read(batch, COUNT_MS);
    int at = pg_batch_count(batch);
    struct pg_args *args = pg_batch_add(batch, &statement);
    for (int i = 0; i < named->param_count; i++)
        pg_arg_text(args, named->params[i] == RECIPE_ARGS ? args_text : NULL);
    enum err err = pg_batch_run(pg, batch, error);
    if (err == ERR_OK)
        *jobs = pg_int8(pg_batch_result(batch, at), 0, 0);
    pg_abort(pg);
    pg_batch_drop(batch);
    buf_fini(&text);
    return err;
}

enum err definition_statements_count(struct pg *pg, const struct definition_phase *phase, struct json_object *args,
                                     int64_t *jobs, struct err_info *error)
{
    *jobs = phase->to - phase->from + 1;
    if (phase->selection.text == NULL)
        return ERR_OK;
    struct named_sql named;
    size_t at;
    *jobs = -1;
    enum err err = named_sql_parse(phase->selection.text, recipe_selection_params, &named, &at, error);
    if (err == ERR_OK)
        err = count_rows(pg, &named, json_object_to_json_string(args), jobs, error);
    named_sql_fini(&named);
    if (err == ERR_RETRY && strcmp(error->sqlstate, SQLSTATE_CANCELLED) == 0)
        return ERR_OK; /* not known */
    return err == ERR_OK || is_of_the_database(err, error) ? err : err_set(error, ERR_CONFLICT, "%s", error->text);
}
