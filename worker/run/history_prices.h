/* The price table that the configuration names (history.prices). */
#ifndef REPRISE_WORKER_HISTORY_PRICES_H
#define REPRISE_WORKER_HISTORY_PRICES_H

#include "common/base/err.h"
#include "common/history/prices.h"

/* The table in the file `path`, or the built-in one for "". The caller's (prices_drop). ERR_USAGE names the file, and
 * line and column of what is wrong in it. */
MUST_CHECK enum err history_prices_load(const char *path, struct prices **out, struct err_info *error);

#endif
