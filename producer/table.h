/* Aligned columns for people. Cells are made printable on their way in; no line ends in a space. Pure. */
#ifndef REPRISE_PRODUCER_TABLE_H
#define REPRISE_PRODUCER_TABLE_H

#include "common/base/buf.h"

enum table_align { TABLE_LEFT, TABLE_RIGHT };

struct table;
struct table *table_new(void);
void table_drop(struct table *table);
/* Columns are added before the first cell. `title` is borrowed. */
void table_column(struct table *table, const char *title, enum table_align align);
/* The next cell, row by row; NULL = empty, shown as "-". */
void table_cell(struct table *table, const char *text);
/* Appends titles and rows, each with a line's end; nothing but the titles where there are no rows. */
void table_write(const struct table *table, struct buf *out);

/* Columns of a terminal that `text` (printable UTF-8) takes. */
size_t table_width(const char *text);

#endif
