/*
 * Rows of PostgreSQL as JSON: every column under its own name, typed by its type; money (numeric) is a number with all
 * its digits, what is no number (NaN) is null. Columns that are not for JSON: "…_ago_ms" is there for people, who want
 * to read how long ago what JSON says by the exact time beside it; "cursor_…" says where a page ends (page.h).
 */
#ifndef REPRISE_QUERY_ROW_H
#define REPRISE_QUERY_ROW_H

#include <json-c/json_object.h>
#include <libpq-fe.h>

#define ROW_CURSOR_PREFIX "cursor_"

/* The caller's. */
struct json_object *row_json(const PGresult *result, int row);
/* The first `rows` rows as an array; the caller's. */
struct json_object *row_array(const PGresult *result, int rows);
/* One value; NULL = null; the caller's. */
struct json_object *row_value(const PGresult *result, int row, int column);

#endif
