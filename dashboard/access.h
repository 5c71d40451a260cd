/* Who may do what: runs on the executor before the handler. */
#ifndef REPRISE_DASHBOARD_ACCESS_H
#define REPRISE_DASHBOARD_ACCESS_H

#include "dashboard/call.h"

/* Finds out who asks (`call->caller`) and refuses, where the route wants somebody, with 401; a request that changes
 * something by a cookie without our own Origin with 403. */
MUST_CHECK enum err access_check(struct call *call, struct err_info *error);

#endif
