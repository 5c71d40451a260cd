#include "producer/list.h"

#include <assert.h>
#include <json-c/json_tokener.h>
#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/store/pg.h"
#include "producer/out.h"
#include "producer/table.h"

/* Of pg_type, where they never change. */
enum { TYPE_BOOL = 16, TYPE_INT8 = 20, TYPE_INT2 = 21, TYPE_INT4 = 23, TYPE_FLOAT8 = 701, TYPE_JSONB = 3802 };

#define AGO_SUFFIX "_ago_ms"

static struct json_object *value_json(const PGresult *result, int row, int column)
{
    if (pg_is_null(result, row, column))
        return NULL;
    switch (PQftype(result, column)) {
    case TYPE_BOOL:
        return json_object_new_boolean(pg_bool(result, row, column));
    case TYPE_INT8:
    case TYPE_INT2:
    case TYPE_INT4:
        return json_object_new_int64(pg_int8(result, row, column));
    case TYPE_FLOAT8:
        return json_object_new_double(pg_double(result, row, column));
    case TYPE_JSONB:
        return json_tokener_parse(pg_text(result, row, column));
    default:
        return json_object_new_string(pg_text(result, row, column));
    }
}

static bool is_for_people(const char *name)
{
    size_t len = strlen(name), suffix = strlen(AGO_SUFFIX);
    return len > suffix && strcmp(name + len - suffix, AGO_SUFFIX) == 0;
}

struct json_object *list_row_json(const PGresult *result, int row)
{
    struct json_object *object = json_object_new_object();
    for (int column = 0; column < PQnfields(result); column++)
        if (!is_for_people(PQfname(result, column)))
            json_object_object_add(object, PQfname(result, column), value_json(result, row, column));
    return object;
}

static void add_cell(struct table *table, const PGresult *result, int row, const struct list_column *spec)
{
    int column = PQfnumber(result, spec->column);
    assert(column >= 0);
    struct buf text = BUF_INIT;
    char length[CLOCK_ISO_MAX];
    if (pg_is_null(result, row, column)) {
        table_cell(table, NULL);
        return;
    }
    switch (spec->cell) {
    case LIST_TEXT:
        buf_add_str(&text, pg_text(result, row, column));
        break;
    case LIST_NUMBER:
        out_add_count(&text, pg_int8(result, row, column));
        break;
    case LIST_BYTES:
        out_add_bytes(&text, pg_int8(result, row, column));
        break;
    case LIST_AGO:
        buf_addf(&text, "%s ago", clock_human_ms(pg_int8(result, row, column), length));
        break;
    case LIST_CAPPED:
        out_add_count(&text, pg_int8(result, row, column));
        if (pg_int8(result, row, column) == LIST_COUNTED_MAX)
            buf_add_char(&text, '+');
        break;
    }
    table_cell(table, text.data);
    buf_fini(&text);
}

static bool is_right(enum list_cell cell)
{
    return cell == LIST_NUMBER || cell == LIST_BYTES || cell == LIST_CAPPED;
}

static void print_table(const PGresult *result, int rows, const struct list *list)
{
    struct table *table = table_new();
    for (const struct list_column *c = list->columns; c->title != NULL; c++)
        table_column(table, c->title, is_right(c->cell) ? TABLE_RIGHT : TABLE_LEFT);
    for (int row = 0; row < rows; row++)
        for (const struct list_column *c = list->columns; c->title != NULL; c++)
            add_cell(table, result, row, c);
    struct buf text = BUF_INIT;
    table_write(table, &text);
    fwrite(text.data, 1, text.len, stdout);
    buf_fini(&text);
    table_drop(table);
}

static void print_json(const PGresult *result, int rows, const struct list *list, const char *next)
{
    struct json_object *document = json_object_new_object(), *array = json_object_new_array();
    for (int row = 0; row < rows; row++)
        json_object_array_add(array, list_row_json(result, row));
    json_object_object_add(document, list->name, array);
    json_object_object_add(document, "next", next == NULL ? NULL : json_object_new_string(next));
    out_json(document);
}

void list_print(const struct session *session, const PGresult *result, const struct list *list)
{
    int rows = pg_rows(result) > list->limit ? list->limit : pg_rows(result);
    bool more = pg_rows(result) > list->limit;
    const char *next = more ? pg_text(result, rows - 1, PQfnumber(result, list->key)) : NULL;
    if (session->json) {
        print_json(result, rows, list, next);
    } else if (rows == 0) {
        out_note("%s", list->none);
    } else {
        print_table(result, rows, list);
        if (more)
            out_note("There are more: --after %s", next);
    }
}
