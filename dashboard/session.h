/*
 * Sessions: random tokens that stand in PostgreSQL as digests only. An hour without a request ends one, as does its age
 * (dashboard.session_life); logout ends it at once, for all dashboards. The digest is keyed by the user's name and
 * password hash: another name or password ends all sessions.
 *
 * And their cookie. It is Secure unless the browser speaks plain HTTP to loopback, and then its name begins so that
 * browsers take it only from this very host over https (RFC 6265bis, section 4.1.3): no other host of the domain and no
 * page that came over plain HTTP can put one there. Only the name that fits the request is read.
 */
#ifndef REPRISE_DASHBOARD_SESSION_H
#define REPRISE_DASHBOARD_SESSION_H

#include "common/store/pg.h"
#include "dashboard/call.h"

#define SESSION_TOKEN_HEX 64

/* Opens one for `name`; fills in the caller and the token. */
MUST_CHECK enum err session_open(struct call *call, const char *name, char token[SESSION_TOKEN_HEX + 1],
                                 struct err_info *error);
/* Seconds after which a session of this call ends, whatever is asked with it. */
int64_t session_life_s(const struct call *call);
MUST_CHECK enum err session_close(struct pg *pg, const struct caller *caller, struct err_info *error);

/* False if the browser would throw the cookie away: it is Secure, and the page came over plain HTTP. */
bool session_cookie_is_kept(const struct call *call);
/* The value of Set-Cookie; the caller's. */
char *session_cookie_text(const struct call *call, const char *token, int64_t life_s);

/* ---- access ------------------------------------------------------------------------------------------------------ */

/* Who may do what: runs on the executor before the handler. */

/* Fills in `call->caller`. Refuses with 401 where the route needs a caller and there is none; with 403 where the role
 * is too low, or a request that changes something comes by a cookie without our own Origin. */
MUST_CHECK enum err access_check(struct call *call, struct err_info *error);

/* The same for several calls of one route, in one turn with PostgreSQL. Those that are allowed come first in `calls`
 * afterwards, and their number is returned; the others have their replies. */
size_t access_check_many(struct call **calls, size_t count);

#endif
