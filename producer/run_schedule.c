/* Schedules: what is due when, and what became of the ticks. */
#include <stdio.h>

#include "common/base/json.h"
#include "common/query/definitions.h"
#include "producer/list.h"
#include "producer/out.h"
#include "producer/table.h"

static void cell(struct table *table, struct json_object *row, const char *key)
{
    table_cell(table, json_get_string(row, key));
}

/* What came of the last tick: the operation, or why there is none. */
static void result_cell(struct table *table, struct json_object *row)
{
    const char *operation = json_get_string(row, "last_tick_operation_id");
    struct buf text = BUF_INIT;
    if (operation == NULL && json_get_string(row, "last_tick_skipped") != NULL)
        buf_addf(&text, "skipped: %s", json_get_string(row, "last_tick_skipped"));
    table_cell(table, operation != NULL ? operation : text.data);
    buf_fini(&text);
}

/* The next tick is not a column of the rows: the table is made of the document. */
static void print_schedule(struct json_object *list)
{
    static const char *const titles[] = {"DEFINITION", "SCHEDULE", "LAST TICK", "NEXT TICK", "CAME OF THE LAST"};
    struct table *table = table_new();
    struct buf text = BUF_INIT;
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        table_column(table, titles[i], TABLE_LEFT);
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        cell(table, row, "id");
        cell(table, row, "schedule");
        cell(table, row, "last_tick");
        cell(table, row, "next_tick");
        result_cell(table, row);
    }
    table_write(table, &text);
    fwrite(text.data, 1, text.len, stdout);
    buf_fini(&text);
    table_drop(table);
}

static enum err show_all(struct session *session, struct err_info *error)
{
    struct list_asking asking = {.session = session};
    struct query_params asked = list_asked(&asking);
    struct query_result answer;
    enum err err = definitions_scheduled(session->pg, &asked, &answer, error);
    if (err != ERR_OK)
        return err;
    if (session->json)
        out_json(json_object_get(answer.json));
    else if (answer.rows == 0)
        out_note("No definition has a schedule.");
    else
        print_schedule(json_get(answer.json, "schedule"));
    if (!session->json && answer.next != NULL)
        out_note("There are more: --cursor %s", answer.next);
    query_result_fini(&answer);
    return ERR_OK;
}

enum err run_schedule(struct session *session, struct err_info *error)
{
    static const struct list_column columns[] = {
        {"TICK", "tick", CELL_TEXT},   {"OPERATION", "operation_id", CELL_TEXT},
        {"STATE", "state", CELL_TEXT}, {"SKIPPED BECAUSE", "skipped", CELL_TEXT},
        {NULL, NULL, CELL_TEXT},
    };
    static const struct list list = {columns, "No tick of it was due yet."};
    const char *handle = session_word(session, 0);
    enum err err = session_first_definitions(session, error);
    if (err != ERR_OK)
        return err;
    if (handle == NULL)
        return show_all(session, error);
    const struct list_also also[LIST_ALSO_MAX] = {{"definition_id", handle}};
    return list_run(session, definitions_ticks, also, &list, error);
}
