/*
 * Results of PostgreSQL as a list: for people the columns that a table names, as JSON every column under its own name.
 * A column whose name ends in "_ago_ms" is there for people only: JSON has the exact time beside it.
 */
#ifndef REPRISE_PRODUCER_LIST_H
#define REPRISE_PRODUCER_LIST_H

#include <json-c/json_object.h>
#include <libpq-fe.h>

#include "producer/session.h"

enum list_cell {
    LIST_TEXT,
    LIST_NUMBER,
    LIST_BYTES,
    LIST_AGO,    /* milliseconds since */
    LIST_CAPPED, /* a number that was counted up to LIST_COUNTED_MAX */
};
#define LIST_COUNTED_MAX 1000 /* also in sql/producer/apps.sql */

struct list_column {
    const char *title;
    const char *column;
    enum list_cell cell;
};

struct list {
    const char *name;                  /* of the JSON array */
    const struct list_column *columns; /* ended by a NULL title */
    const char *key;                   /* the column whose value --after takes */
    const char *none;                  /* what to say where there is nothing */
    int limit;
};

/* Prints at most `limit` rows; a further one only says that there are more. */
void list_print(const struct session *session, const PGresult *result, const struct list *list);
/* A row with all its columns, typed; the caller's. */
struct json_object *list_row_json(const PGresult *result, int row);

#endif
