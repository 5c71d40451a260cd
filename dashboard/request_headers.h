/*
 * What the headers of a request say of its sender: the token in Authorization or Cookie, the page it comes from
 * (Origin, Host), the address behind proxies (X-Forwarded-For). Pure: header values in, answers out. A value is what
 * was sent, and may hold anything that smuggling_check.h lets pass.
 */
#ifndef REPRISE_DASHBOARD_REQUEST_HEADERS_H
#define REPRISE_DASHBOARD_REQUEST_HEADERS_H

#include <netinet/in.h>
#include <stdbool.h>

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

#endif
