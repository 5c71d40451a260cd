/*
 * Values as people read them, in aligned columns: dollars, bytes, lengths of time, how long ago, numbers in groups of
 * three. Values come as the text that PostgreSQL and JSON have of them. Pure, and no control character gets through:
 * texts are other people's (out.h). Used by every command that lists (table.c) or shows a table of its own.
 */
#include "producer/table.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "common/base/clock.h"
#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/base/utf8.h"
#include "common/store/pg.h"
#include "producer/out.h"

#define BRIEF_MAX 60 /* characters */
#define NUMBER_MAX 9e15

static void add_brief(struct buf *out, const char *text)
{
    size_t len = strcspn(text, "\r\n"), at = 0;
    bool whole = text[len] == '\0';
    for (int count = 0; at < len && count < BRIEF_MAX; count++) {
        uint32_t code = 0;
        size_t take = utf8_decode(text + at, len - at, &code);
        at += take == 0 ? 1 : take;
    }
    buf_add(out, text, at);
    if (!whole || at < len)
        buf_add_str(out, "…");
}

/* Dollars and cents; below a dollar two digits more, for most runs cost so little. */
static void add_dollars(struct buf *out, double amount)
{
    double size = fabs(amount);
    int64_t cents = (int64_t)(size * 100 + 0.5);
    buf_add_str(out, amount < 0 ? "-$" : "$");
    if (size < 1 && size != 0) {
        buf_addf(out, "%.4f", size);
    } else {
        out_add_count(out, cents / 100);
        buf_addf(out, ".%02d", (int)(cents % 100));
    }
}

/* Milliseconds are left out of what took longer than a few seconds. */
static int64_t to_ms(double seconds)
{
    double ms = seconds * (double)CLOCK_MS_PER_S;
    return seconds < 10 ? (int64_t)ms : (int64_t)(seconds + 0.5) * CLOCK_MS_PER_S;
}

static void add_number(struct buf *out, enum column_format format, double number)
{
    char length[CLOCK_ISO_MAX];
    int64_t whole = (int64_t)(number + (number < 0 ? -0.5 : 0.5));
    switch (format) {
    case FORMAT_NUMBER:
        out_add_count(out, whole);
        break;
    case FORMAT_BYTES:
        out_add_bytes(out, whole);
        break;
    case FORMAT_AGO:
        buf_addf(out, "%s ago", clock_human_ms(whole, length));
        break;
    case FORMAT_SECONDS:
        buf_add_str(out, clock_human_ms(to_ms(number), length));
        break;
    case FORMAT_DOLLARS:
        add_dollars(out, number);
        break;
    case FORMAT_PERCENT:
        buf_addf(out, "%.1f %%", number);
        break;
    case FORMAT_CHANGE:
        buf_addf(out, "%+.1f %%", number);
        break;
    default:
        buf_addf(out, "%.1f", number);
    }
}

void column_format_add(struct buf *out, enum column_format format, const char *value)
{
    char *end = NULL;
    double number = value == NULL ? 0 : strtod(value, &end);
    if (value == NULL || *value == '\0')
        buf_add_char(out, '-');
    else if (format == FORMAT_BRIEF)
        add_brief(out, value);
    else if (format == FORMAT_TEXT || *end != '\0' || !(fabs(number) < NUMBER_MAX))
        buf_add_str(out, value);
    else
        add_number(out, format, number);
}

bool column_format_is_right(enum column_format format)
{
    return format != FORMAT_TEXT && format != FORMAT_BRIEF && format != FORMAT_AGO;
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

#define COLUMNS_MAX 16
#define GAP 2

struct table {
    const char *titles[COLUMNS_MAX];
    enum table_align aligns[COLUMNS_MAX];
    size_t columns;
    char **cells; /* row by row */
    size_t count, room;
};

struct table *table_new(void)
{
    return mem_zalloc(sizeof(struct table));
}

void table_drop(struct table *table)
{
    if (table == NULL)
        return;
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i]);
    free(table->cells);
    free(table);
}

void table_column(struct table *table, const char *title, enum table_align align)
{
    assert(table->columns < COLUMNS_MAX && table->count == 0);
    table->titles[table->columns] = title;
    table->aligns[table->columns++] = align;
}

void table_cell(struct table *table, const char *text)
{
    if (table->count == table->room) {
        table->room = table->room == 0 ? 64 : 2 * table->room;
        table->cells = mem_grow(table->cells, table->room, sizeof *table->cells);
    }
    struct buf safe = BUF_INIT;
    out_add_safe(&safe, text == NULL || *text == '\0' ? "-" : text);
    table->cells[table->count++] = buf_take(&safe);
}

static size_t text_width(const char *text)
{
    size_t width = 0, len = strlen(text);
    for (size_t at = 0; at < len;) {
        uint32_t code = 0;
        size_t take = utf8_decode(text + at, len - at, &code);
        int columns = wcwidth((wchar_t)code);
        width += columns < 0 ? 1 : (size_t)columns;
        at += take == 0 ? 1 : take;
    }
    return width;
}

static size_t column_width(const struct table *table, size_t column)
{
    size_t widest = text_width(table->titles[column]);
    for (size_t i = column; i < table->count; i += table->columns) {
        size_t width = text_width(table->cells[i]);
        widest = width > widest ? width : widest;
    }
    return widest;
}

static void add_spaces(struct buf *out, size_t count)
{
    while (count-- > 0)
        buf_add_char(out, ' ');
}

static void write_row(const struct table *table, const char *const *cells, const size_t *widths, struct buf *out)
{
    for (size_t c = 0; c < table->columns; c++) {
        size_t pad = widths[c] - text_width(cells[c]);
        bool last = c + 1 == table->columns;
        if (table->aligns[c] == TABLE_RIGHT)
            add_spaces(out, pad);
        buf_add_str(out, cells[c]);
        if (table->aligns[c] == TABLE_LEFT && !last)
            add_spaces(out, pad);
        if (!last)
            add_spaces(out, GAP);
    }
    buf_add_char(out, '\n');
}

void table_write(const struct table *table, struct buf *out)
{
    assert(table->columns > 0 && table->count % table->columns == 0);
    size_t widths[COLUMNS_MAX];
    for (size_t c = 0; c < table->columns; c++)
        widths[c] = column_width(table, c);
    write_row(table, table->titles, widths, out);
    for (size_t i = 0; i < table->count; i += table->columns)
        write_row(table, (const char *const *)&table->cells[i], widths, out);
}

/* ---- list -------------------------------------------------------------------------------------------------------- */

/*
 * Answers that are lists. A command names its question (common/query) and a table of columns; options become the
 * question's parameters by their names, and the rows become a table, or with --json the document of the query as it is.
 */

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
