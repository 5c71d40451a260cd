/*
 * Sessions: random tokens that stand in PostgreSQL as digests only. An hour without a request ends one, logout ends it
 * at once, for all dashboards.
 */
#ifndef REPRISE_DASHBOARD_SESSION_H
#define REPRISE_DASHBOARD_SESSION_H

#include "common/store/pg.h"
#include "dashboard/call.h"

#define SESSION_TOKEN_HEX 64
#define SESSION_LIFE_S 3600

/* Opens one for `name`; fills in `caller` and the token. */
MUST_CHECK enum err session_open(struct pg *pg, const char *name, char token[SESSION_TOKEN_HEX + 1],
                                 struct caller *caller, struct err_info *error);
/* Fills in `caller` if the session lives, and leaves it as it is if not: that is no error. */
MUST_CHECK enum err session_find(struct pg *pg, const char *token, struct caller *caller, struct err_info *error);
MUST_CHECK enum err session_close(struct pg *pg, const struct caller *caller, struct err_info *error);

#endif
