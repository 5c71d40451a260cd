/* What a request shows to prove who it is from: the session's cookie, or a Bearer token. Pure. */
#ifndef REPRISE_DASHBOARD_CREDENTIAL_H
#define REPRISE_DASHBOARD_CREDENTIAL_H

#include <stdbool.h>

#include "common/base/err.h"

#define CREDENTIAL_MAX 4096 /* with the NUL */

/* The token of an Authorization header: "Bearer", spaces, one token68 (RFC 6750). False if it is anything else. */
bool credential_bearer(const char *header, char out[CREDENTIAL_MAX]);
/* The session in a Cookie header (RFC 6265, section 4.2), under the name `name`. False if there is none; also if there
 * are two, for one of them was put there by somebody else. */
bool credential_cookie(const char *header, const char *name, char out[CREDENTIAL_MAX]);

#endif
