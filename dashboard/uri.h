/*
 * The parts of a request's address that are encoded: percent-encoding (RFC 3986, section 2.1), and the query,
 * `name=value` pairs joined by &. Read strictly: no name twice, at most URI_QUERY_MAX pairs, UTF-8. Pure.
 */
#ifndef REPRISE_DASHBOARD_URI_H
#define REPRISE_DASHBOARD_URI_H

#include <stddef.h>

#include "common/base/err.h"

enum uri_plus { URI_PLUS_IS_PLUS, URI_PLUS_IS_SPACE };

/* Decodes `len` bytes; the result is the caller's. ERR_USAGE: half an escape, a control character (NUL too), or what is
 * not UTF-8 afterwards. `*out` is NULL then. */
MUST_CHECK enum err uri_decode(const char *bytes, size_t len, enum uri_plus plus, char **out, struct err_info *error);

#define URI_QUERY_MAX 24

struct uri_query {
    struct uri_query_pair {
        char *name, *value;
    } pairs[URI_QUERY_MAX];
    size_t count;
};

/* Reads what stands behind the "?" (may be empty). On success uri_query_fini is owed. ERR_USAGE. */
MUST_CHECK enum err uri_query_parse(const char *text, size_t len, struct uri_query *query, struct err_info *error);
void uri_query_fini(struct uri_query *query);

/* Borrowed; NULL if it is not there. An empty value counts as not there: forms send those. */
const char *uri_query_get(const struct uri_query *query, const char *name);

#endif
