#include "producer/table.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "common/base/mem.h"
#include "common/base/utf8.h"
#include "producer/out.h"

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

size_t table_width(const char *text)
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
    size_t widest = table_width(table->titles[column]);
    for (size_t i = column; i < table->count; i += table->columns) {
        size_t width = table_width(table->cells[i]);
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
        size_t pad = widths[c] - table_width(cells[c]);
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
