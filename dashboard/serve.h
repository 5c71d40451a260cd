/* The program as a server: from its settings to its end. */
#ifndef REPRISE_DASHBOARD_SERVE_H
#define REPRISE_DASHBOARD_SERVE_H

#include "common/base/config.h"

/* Serves until SIGTERM or SIGINT; a second one ends it at once. */
MUST_CHECK enum err serve(const struct config *config, struct err_info *error);

#endif
