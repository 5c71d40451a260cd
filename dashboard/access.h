/* Who may do what: runs on the executor before the handler. */
#ifndef REPRISE_DASHBOARD_ACCESS_H
#define REPRISE_DASHBOARD_ACCESS_H

#include "dashboard/call.h"

/* Finds out who asks (`call->caller`) and refuses, where the route wants somebody, with 401; a request that changes
 * something by a cookie without our own Origin with 403. */
MUST_CHECK enum err access_check(struct call *call, struct err_info *error);

/* The same for several calls of one route, in one turn with PostgreSQL. Those that may go on come first in `calls`
 * afterwards, and their number is returned; the others have their replies. */
size_t access_check_many(struct call **calls, size_t count);

#endif
