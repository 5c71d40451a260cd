/*
 * Sessions: random tokens that stand in PostgreSQL as digests only. An hour without a request ends one, as does
 * its age (dashboard.session_life) whatever is asked with it; logout ends it at once, for all dashboards. The digest is
 * keyed by who may log in and by which password: another of them ends all.
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
/* Adds the question whether a session lives, and marks the caller; what cannot be a session's token is not asked for.
 */
void session_ask(struct pg_batch *batch, const char *token, struct call *call);
/* What came of it: fills in `caller`, who is nobody if there is no such session. Its hour is counted anew. */
MUST_CHECK enum err session_answer(struct pg *pg, const PGresult *result, struct caller *caller,
                                   struct err_info *error);
MUST_CHECK enum err session_close(struct pg *pg, const struct caller *caller, struct err_info *error);

#endif
