#ifndef REPRISE_QUERY_QUERY_RESULT_H
#define REPRISE_QUERY_QUERY_RESULT_H

#include <json-c/json_object.h>
#include <libpq-fe.h>

#include "common/query/query_params.h"
#include "common/store/pg.h"

/* ---- rows as JSON ------------------------------------------------------------------------------------------------ */

/*
 * Rows of PostgreSQL as JSON: every column under its own name, typed by its type; money (numeric) is a number with all
 * its digits, what is no number (NaN) is null. Columns that are not for JSON: "…_ago_ms" is there for people, who want
 * to read how long ago what JSON says by the exact time beside it; "cursor_…" says where a page ends (page.h).
 */

#define ROW_CURSOR_PREFIX "cursor_"

/* The caller's. */
struct json_object *row_json(const PGresult *result, int row);
/* The first `rows` rows as an array; the caller's. */
struct json_object *row_array(const PGresult *result, int rows);

/* ---- answers ----------------------------------------------------------------------------------------------------- */

/*
 * The answer to a question: a JSON document, the same for each program that asks. A list also keeps its
 * rows, from which a program for people draws its table.
 *
 * A question is a function of this shape, in a file named for what it asks about, with its statements in sql/query/. To
 * add one: its .sql, its file, a contract test; the programs then have a command or a route that calls it.
 */

struct query_result {
    struct json_object *json; /* never NULL after a success */
    PGresult *result;         /* the rows, typed as row.h says; NULL if the answer is not made of them */
    int rows;                 /* how many of them belong to the answer */
    char *next;               /* the cursor of the next page; NULL = this is the last */
};
void query_result_fini(struct query_result *answer);

/* The answer that is the one row of a statement. ERR_NOT_FOUND, without a text, where there is none. */
MUST_CHECK enum err query_result_row(struct pg *pg, const struct sql *statement, const struct pg_args *args,
                                     struct query_result *answer, struct err_info *error);

/* Asks on a connection that is ready. ERR_USAGE names the value that is wrong and its rule; ERR_NOT_FOUND; or what the
 * connection says. On success query_result_fini is owed. */
typedef enum err query_fn(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                          struct err_info *error);

#endif
