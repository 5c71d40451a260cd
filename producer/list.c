/*
 * Answers that are lists. A command names its question (common/query) and a table of columns; options become the
 * question's parameters by their names, and the rows become a table, or with --json the document of the query as it is.
 */
#include "producer/list.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/base/json.h"
#include "common/store/pg.h"
#include "producer/out.h"
#include "producer/table.h"

static void add_cell(struct table *table, const PGresult *result, int row, const struct list_column *spec)
{
    int column = PQfnumber(result, spec->column);
    assert(column >= 0);
    struct buf text = BUF_INIT;
    column_format_add(&text, spec->format, pg_text(result, row, column));
    table_cell(table, text.data);
    buf_fini(&text);
}

static void print_table(const PGresult *result, int rows, const struct list *list)
{
    struct table *table = table_new();
    for (const struct list_column *c = list->columns; c->title != NULL; c++)
        table_column(table, c->title, column_format_is_right(c->format) ? TABLE_RIGHT : TABLE_LEFT);
    for (int row = 0; row < rows; row++)
        for (const struct list_column *c = list->columns; c->title != NULL; c++)
            add_cell(table, result, row, c);
    struct buf text = BUF_INIT;
    table_write(table, &text);
    fwrite(text.data, 1, text.len, stdout);
    buf_fini(&text);
    table_drop(table);
}

/* Where the answer knows how many there are. */
static void note_total(const struct query_result *answer)
{
    struct buf text = BUF_INIT;
    int64_t total = json_get_int(answer->json, "total", -1);
    out_add_count(&text, total);
    if (total > answer->rows)
        out_note("%d of %s%s.", answer->rows, text.data,
                 json_get_bool(answer->json, "total_capped", false) ? " and more" : "");
    buf_fini(&text);
}

void list_print(const struct session *session, const struct query_result *answer, const struct list *list)
{
    if (session->json) {
        out_json(json_object_get(answer->json));
    } else if (answer->rows == 0) {
        out_note("%s", list->none);
    } else {
        print_table(answer->result, answer->rows, list);
        note_total(answer);
        if (answer->next != NULL)
            out_note("There are more: --cursor %s", answer->next);
    }
}

/* ---- source ---------------------------------------------------------------------------------------------------- */

/* True if the option "--sort-by" is what a question calls "sort_by". */
static bool is_called(const char *option, const char *name)
{
    for (option += strlen("--"); *option != '\0' && *name != '\0'; option++, name++)
        if (*option != *name && !(*option == '-' && *name == '_'))
            return false;
    return *option == *name;
}

static const char *value_of(const void *from, const char *name)
{
    const struct list_source *source = from;
    for (int i = 0; i < LIST_ALSO_MAX && source->also[i].name != NULL; i++)
        if (strcmp(source->also[i].name, name) == 0)
            return source->also[i].value;
    for (int id = 0; id < OPTION_COUNT; id++)
        if (is_called(options[id].name, name))
            return source->session->arguments.values[id];
    return NULL;
}

struct query_params list_params(const struct list_source *source)
{
    return (struct query_params){value_of, source, QUERY_PARAMS_BY_OPTIONS};
}

enum err list_run(struct session *session, query_fn *question, const struct list_also *also, const struct list *list,
                  struct err_info *error)
{
    struct list_source source = {.session = session};
    struct query_result answer;
    if (also != NULL)
        memcpy(source.also, also, sizeof source.also);
    struct query_params params = list_params(&source);
    enum err err = session_postgres(session, error);
    if (err == ERR_OK)
        err = question(session->pg, &params, &answer, error);
    if (err != ERR_OK)
        return err;
    list_print(session, &answer, list);
    query_result_fini(&answer);
    return ERR_OK;
}
