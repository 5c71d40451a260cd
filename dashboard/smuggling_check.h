/*
 * Refuses the shapes of requests that two programs in a row may read differently (request smuggling: RFC 9112, sections
 * 6 and 11.2), before anything of the request counts. Two checks, both pure:
 *
 *   smuggling_check   what the headers say: fed with them one by one
 *   smuggling_layout  where the headers stand: libmicrohttpd before 0.9.77 reads more leniently than RFC 9112 allows (a
 *                     line that ends in a bare LF, one that goes on in the next (obs-fold), a NUL, a header without a
 *                     name, which it takes for the end). It reads in place and says where each part stands: the parts
 *                     must follow one another with just a CRLF between them, and together be as long as the head.
 *                     Only addresses are compared. Later versions refuse all that themselves
 *                     (MHD_OPTION_STRICT_FOR_CLIENT).
 */
#ifndef REPRISE_DASHBOARD_SMUGGLING_CHECK_H
#define REPRISE_DASHBOARD_SMUGGLING_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

#define SMUGGLING_CHECK_HEADERS_MAX 100

struct smuggling_check {
    int count, hosts, lengths, encodings, authorizations, origins;
    int64_t length; /* of Content-Length */
    bool chunked;
    const char *wrong; /* the first fault, a constant; NULL = none */
};

/* One header, as it was sent: a value may hold any bytes, its length counts them. */
void smuggling_check_header(struct smuggling_check *check, const char *name, size_t name_len, const char *value,
                            size_t value_len);
/* After the last one. ERR_USAGE says what is wrong. `version` "HTTP/1.1" or "HTTP/1.0". */
MUST_CHECK enum err smuggling_check_end(const struct smuggling_check *check, const char *version,
                                        struct err_info *error);

struct smuggling_layout {
    uintptr_t begin, next; /* of the head; where the next line must begin */
    bool broken;
};

/* The request's first line; `target_len` as it was sent. */
void smuggling_layout_begin(struct smuggling_layout *layout, const char *method, size_t target_len,
                            const char *version);
/* One header after the other, in their order. */
void smuggling_layout_header(struct smuggling_layout *layout, const char *name, size_t name_len, const char *value,
                             size_t value_len);
/* After the last; `size` of the head in bytes, the empty line included. */
bool smuggling_layout_holds(const struct smuggling_layout *layout, size_t size);

#endif
