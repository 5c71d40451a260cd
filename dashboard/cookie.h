/*
 * The session's cookie. It is Secure unless the browser speaks plain HTTP to loopback, and then its name begins so that
 * browsers take it only from this very host over https (RFC 6265bis, section 4.1.3): no other host of the domain and no
 * page that came over plain HTTP can put one there. Only the name that fits the request is read.
 */
#ifndef REPRISE_DASHBOARD_COOKIE_H
#define REPRISE_DASHBOARD_COOKIE_H

#include <stdint.h>

#include "dashboard/call.h"

/* Whether it is Secure for who sends this call. */
bool cookie_is_secure(const struct call *call);
/* False if the browser would throw it away: it is Secure, and the page came over plain HTTP. */
bool cookie_is_kept(const struct call *call);
/* The value of Set-Cookie; the caller's. */
char *cookie_text(const struct call *call, const char *token, int64_t life_s);
/* The token that came with the call; as credential_cookie. */
bool cookie_token(const struct call *call, char out[CREDENTIAL_MAX]);

#endif
