/*
 * The query of a request: `name=value` pairs joined by &. Strict: no name twice, at most QUERY_MAX pairs, UTF-8. Pure.
 */
#ifndef REPRISE_DASHBOARD_URI_H
#define REPRISE_DASHBOARD_URI_H

#include <stddef.h>

#include "common/base/err.h"

#define QUERY_MAX 24

struct query {
    struct query_pair {
        char *name, *value;
    } pairs[QUERY_MAX];
    size_t count;
};

/* Reads what stands behind the "?" (may be empty). On success query_fini is owed. ERR_USAGE. */
MUST_CHECK enum err query_parse(const char *text, size_t len, struct query *query, struct err_info *error);
void query_fini(struct query *query);

/* Borrowed; NULL if it is not there. An empty value counts as not there: forms send those. */
const char *query_get(const struct query *query, const char *name);

#endif
