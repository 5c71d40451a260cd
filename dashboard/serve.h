/* The program as a server: from its settings to its end. */
#ifndef REPRISE_DASHBOARD_SERVE_H
#define REPRISE_DASHBOARD_SERVE_H

#include "common/base/config_live.h"

/* Serves until SIGTERM or SIGINT; a second one ends it at once. SIGHUP reads the settings again. */
MUST_CHECK enum err serve(struct config_live *settings, struct err_info *error);

/* The signals that it listens for and that would end it before it does: to be held from the first line of main, for
 * beginning_hold_signals. */
extern const int serve_signals[];

#endif
