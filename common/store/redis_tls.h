/* TLS on a fresh connection to Redis, in builds that have it (rediss:// is refused by the others). */
#ifndef REPRISE_STORE_REDIS_TLS_H
#define REPRISE_STORE_REDIS_TLS_H

#include <hiredis/hiredis.h>

#include "common/base/err.h"

/* Begins TLS on `context`, blocking or not; the certificate must be of `host` and signed by an authority that the
 * system trusts. ERR_UNREACHABLE with the reason; the context is still the caller's. */
MUST_CHECK enum err redis_tls_start(redisContext *context, const char *host, struct err_info *error);

#endif
