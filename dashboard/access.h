/* Who may do what: runs on the executor before the handler. */
#ifndef REPRISE_DASHBOARD_ACCESS_H
#define REPRISE_DASHBOARD_ACCESS_H

#include "dashboard/call.h"

/* Fills in `call->caller`. Refuses with 401 where the route needs a caller and there is none; with 403 where the role
 * is too low, or a request that changes something comes by a cookie without our own Origin. */
MUST_CHECK enum err access_check(struct call *call, struct err_info *error);

/* The same for several calls of one route, in one turn with PostgreSQL. Those that are allowed come first in `calls`
 * afterwards, and their number is returned; the others have their replies. */
size_t access_check_many(struct call **calls, size_t count);

#endif
