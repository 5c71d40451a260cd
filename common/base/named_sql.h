/*
 * A statement of a definition: SQL with named parameters (`:keys`), which becomes SQL with typed ones (`($1::text[])`).
 * A value is never put into the text, so no argument and no item can change what the statement does. Pure: how
 * PostgreSQL judges the statement is found out elsewhere; here is what its text alone tells.
 */
#ifndef REPRISE_BASE_NAMED_SQL_H
#define REPRISE_BASE_NAMED_SQL_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/err.h"

#define NAMED_SQL_PARAMS 8

/* A parameter that a statement may name. A table of them ends with a NULL name. */
struct named_sql_param {
    const char *name; /* without the colon */
    const char *type; /* what $n is cast to: "text[]" */
};

struct named_sql {
    struct buf text;              /* what PostgreSQL gets */
    int params[NAMED_SQL_PARAMS]; /* of $1, $2, …: the parameter's place in the table */
    int param_count;              /* $1 to $param_count; each parameter of the table stands once at most */
    bool has_order, has_limit;    /* ORDER BY and LIMIT or FETCH, outside of parentheses */
    bool selects;                 /* it begins with SELECT, WITH, VALUES or TABLE */
    struct named_sql_place {
        size_t text, source;
    } * places; /* where each piece of the source begins in the text, ascending */
    size_t place_count;
};

/* Takes a statement apart. ERR_USAGE: it is empty, is several statements or none that reads or writes rows (SELECT,
 * INSERT, UPDATE, DELETE, MERGE, WITH, VALUES), has a literal that does not end, `$1`, or a parameter that is not in
 * the table; `*at` is then the byte of `source` that the error is about. named_sql_fini is owed in any case. */
MUST_CHECK enum err named_sql_parse(const char *source, const struct named_sql_param *params, struct named_sql *out,
                                    size_t *at, struct err_info *error);
void named_sql_fini(struct named_sql *sql);

/* The place in its table of a parameter that the statement uses as $n, by name: whether it is used. */
bool named_sql_uses(const struct named_sql *sql, const struct named_sql_param *params, const char *name);
/* The byte of the source that byte `offset` of the text comes from. */
size_t named_sql_source(const struct named_sql *sql, size_t offset);

#endif
