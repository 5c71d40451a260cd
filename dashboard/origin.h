/*
 * Does a state-changing request come from our own page? Browsers send Origin with each of those; its authority must be
 * the one that the request was sent to, or, behind a TLS proxy, the origin that dashboard.public_url names. Pure.
 */
#ifndef REPRISE_DASHBOARD_ORIGIN_H
#define REPRISE_DASHBOARD_ORIGIN_H

#include <stdbool.h>

/* `origin` and `host` are header values, NULL = not sent; `public_url` "" = not set. */
bool origin_matches(const char *origin, const char *host, const char *public_url);

/* True for a host (with or without a port) that is written as loopback: a cookie without Secure is safe only there. */
bool origin_host_is_loopback(const char *host);
/* True for the origin of a page that came over plain HTTP from elsewhere than loopback: browsers keep no cookie with
 * Secure for it. */
bool origin_is_plain_elsewhere(const char *origin);
/* True for what may stand in a Host header: a name or address, and a port. */
bool origin_host_is_valid(const char *host);

#endif
