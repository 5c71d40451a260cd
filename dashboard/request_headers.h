/*
 * What the headers of a request say of its sender: the token in Authorization or Cookie, the page it comes from
 * (Origin, Host), the address behind proxies (X-Forwarded-For). Pure: header values in, answers out. A value is what
 * was sent, and may hold anything that smuggling_check lets pass.
 */
#ifndef REPRISE_DASHBOARD_REQUEST_HEADERS_H
#define REPRISE_DASHBOARD_REQUEST_HEADERS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/store/address.h"

#define HEADER_TOKEN_MAX 4096 /* with the NUL */

/* The token of an Authorization header: "Bearer", spaces, one token68 (RFC 6750). False if it is anything else. */
bool header_bearer(const char *header, char out[HEADER_TOKEN_MAX]);
/* The session in a Cookie header (RFC 6265, section 4.2), under the name `name`. False if there is none; also if there
 * are two, for then one of them was set by another page. */
bool header_cookie(const char *header, const char *name, char out[HEADER_TOKEN_MAX]);

/* Does a state-changing request come from our own page? Browsers send Origin with each of those; its authority must be
 * the one that the request was sent to, or, behind a TLS proxy, the origin that dashboard.public_url names. `origin`
 * and `host` NULL = not sent; `public_url` "" = not set. */
bool header_origin_matches(const char *origin, const char *host, const char *public_url);
/* True for the origin of a page that came over plain HTTP from elsewhere than loopback: browsers keep no cookie with
 * Secure for it. */
bool header_origin_is_plain_elsewhere(const char *origin);
/* True for a host (with or without a port) that is written as loopback: a cookie without Secure is safe only there. */
bool header_host_is_loopback(const char *host);
/* True for what may stand in a Host header: a name or address, and a port. */
bool header_host_is_valid(const char *host);

/* The address that sent a request which came by way of proxies. `peer` is at the other end of the connection; `header`
 * is X-Forwarded-For (NULL = not sent). From its right end on, each address that a trusted proxy vouches for is taken,
 * with or without a port and brackets; the first that is not trusted itself is the sender. What is no address ends the
 * search. Writes a numeric address. */
void header_client_address(const struct sockaddr *peer, const char *header, const struct address_list *trusted,
                           char out[INET6_ADDRSTRLEN]);

/* ---- smuggling check --------------------------------------------------------------------------------------------- */

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
