/*
 * Refuses the shapes of requests that two programs in a row may read differently (request smuggling: RFC 9112, sections
 * 6 and 11.2), before anything of the request counts. Fed with the headers one by one. Pure.
 */
#ifndef REPRISE_DASHBOARD_SMUGGLING_CHECK_H
#define REPRISE_DASHBOARD_SMUGGLING_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

#define STRICT_HEADERS_MAX 100

struct strict {
    int count, hosts, lengths, encodings, authorizations, origins;
    int64_t length; /* of Content-Length */
    bool chunked;
    const char *wrong; /* the first fault, a constant; NULL = none */
};

/* One header, as it was sent: lengths with whatever they hold. */
void strict_header(struct strict *strict, const char *name, size_t name_len, const char *value, size_t value_len);
/* After the last one. ERR_USAGE says what is wrong. `version` "HTTP/1.1" or "HTTP/1.0". */
MUST_CHECK enum err strict_end(const struct strict *strict, const char *version, struct err_info *error);

#endif
