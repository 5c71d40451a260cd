/* Percent-encoding in requests (RFC 3986, section 2.1), read strictly. Pure. */
#ifndef REPRISE_DASHBOARD_PERCENT_H
#define REPRISE_DASHBOARD_PERCENT_H

#include <stddef.h>

#include "common/base/err.h"

enum percent_plus { PERCENT_PLUS_IS_PLUS, PERCENT_PLUS_IS_SPACE };

/* Decodes `len` bytes; the result is the caller's. ERR_USAGE: half an escape, a control character (NUL too), or what is
 * not UTF-8 afterwards. `*out` is NULL then. */
MUST_CHECK enum err percent_decode(const char *bytes, size_t len, enum percent_plus plus, char **out,
                                   struct err_info *error);

#endif
