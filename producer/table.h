/*
 * Aligned columns for people, and what a value looks like in one. Cells are made printable on their way in; no line
 * ends in a space. Pure.
 */
#ifndef REPRISE_PRODUCER_TABLE_H
#define REPRISE_PRODUCER_TABLE_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/query/query_result.h"
#include "producer/session.h"

/* ---- a value in a column ----------------------------------------------------------------------------------------- */

enum column_format {
    FORMAT_TEXT,
    FORMAT_BRIEF, /* the first line of a text, shortened */
    FORMAT_NUMBER,
    FORMAT_BYTES,
    FORMAT_AGO,     /* milliseconds since */
    FORMAT_SECONDS, /* a length of time */
    FORMAT_DOLLARS,
    FORMAT_PERCENT,
    FORMAT_SCORE,  /* one digit behind the point */
    FORMAT_CHANGE, /* percent with its sign */
};

/* Appends `value`; NULL as "-". What is no number of its kind is shown as it is. */
void column_format_add(struct buf *out, enum column_format format, const char *value);
/* True if such cells stand at the right edge of their column. */
bool column_format_is_right(enum column_format format);

/* ---- the table --------------------------------------------------------------------------------------------------- */

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

/* ---- list -------------------------------------------------------------------------------------------------------- */

/* Answers that are lists: for people the columns that a table names, as JSON the document as it is. */

struct list_column {
    const char *title;
    const char *column;
    enum column_format format;
};

struct list {
    const struct list_column *columns; /* ended by a NULL title */
    const char *none;                  /* what to say where there is nothing */
};

/* What a question is asked with: the options of the command line, by their names, and values that stand elsewhere. */
#define LIST_ALSO_MAX 2
struct list_also {
    const char *name, *value; /* NULL name = no more */
};
struct list_source {
    const struct session *session;
    struct list_also also[LIST_ALSO_MAX];
};
struct query_params list_params(const struct list_source *source);

/* Connects, asks, prints. `also` may be NULL, else it has LIST_ALSO_MAX entries. */
MUST_CHECK enum err list_run(struct session *session, query_fn *question, const struct list_also *also,
                             const struct list *list, struct err_info *error);
void list_print(const struct session *session, const struct query_result *answer, const struct list *list);

#endif
