/*
 * A value as a cell of a table for people: dollars, lengths of time, how long ago, numbers in groups of three. Values
 * come as the text that PostgreSQL and JSON have of them. Pure.
 */
#ifndef REPRISE_PRODUCER_CELL_H
#define REPRISE_PRODUCER_CELL_H

#include <stdbool.h>

#include "common/base/buf.h"

enum cell {
    CELL_TEXT,
    CELL_BRIEF, /* the first line of a text, shortened */
    CELL_NUMBER,
    CELL_BYTES,
    CELL_AGO,     /* milliseconds since */
    CELL_SECONDS, /* a length of time */
    CELL_DOLLARS,
    CELL_PERCENT,
    CELL_SCORE,  /* one digit behind the point */
    CELL_CHANGE, /* percent with its sign */
};

/* Appends `value`; NULL as "-". What is no number of its kind is shown as it is. */
void cell_add(struct buf *out, enum cell cell, const char *value);
/* True if such cells stand at the right edge of their column. */
bool cell_is_right(enum cell cell);

#endif
