/*
 * A preview's seal. The page hands it back with the confirmed bulk action, which is refused where it would no longer do
 * what the preview said: another definition or arguments, another person, too late, or by then a different number of
 * jobs.
 */
#ifndef REPRISE_DASHBOARD_CONFIRMATION_H
#define REPRISE_DASHBOARD_CONFIRMATION_H

#include "common/definitions/submission.h"
#include "dashboard/call.h"

#define CONFIRMATION_MAX 120 /* characters */

/* For what `submission` has prepared; the caller's. */
char *confirmation_write(const struct call *call, const struct submission *submission);
/* ERR_USAGE: not ours, or for something else; ERR_CONFLICT: too old, or the count moved. */
MUST_CHECK enum err confirmation_check(const struct call *call, const char *confirmation,
                                       const struct submission *submission, struct err_info *error);

#endif
