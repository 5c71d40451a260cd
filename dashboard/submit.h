/*
 * From a request of the API to its operation: the way of submission.h, with the caller as requester, the settings of
 * the installation as defaults of arguments, the confirmation of a bulk action, and the answer.
 */
#ifndef REPRISE_DASHBOARD_SUBMIT_H
#define REPRISE_DASHBOARD_SUBMIT_H

#include <json-c/json_object.h>

#include "common/definitions/submission.h"
#include "dashboard/call.h"

/* Looks up the definition and checks `args` (taken); nothing is written. On success submission_fini is owed; on failure
 * too. */
MUST_CHECK enum err submit_prepare(struct call *call, const char *handle, struct json_object *args,
                                   struct submission *submission, struct err_info *error);

/* The whole of it, with the confirmation that the body may have; the reply is the caller's. submission_fini is owed in
 * any case. */
MUST_CHECK enum err submit_quietly(struct call *call, const char *handle, struct json_object *args,
                                   struct submission *submission, struct err_info *error);
/* The same, replying {message, operation_id, total, repeated, dispatched, live_workers}, and job_id of a single one. */
MUST_CHECK enum err submit(struct call *call, const char *handle, struct json_object *args, const char *message,
                           struct err_info *error);

/* ---- confirmation ------------------------------------------------------------------------------------------------ */

/*
 * A preview's seal. The page hands it back with the confirmed bulk action, which is refused where it would no longer do
 * what the preview said: another definition or arguments, another person, too late, or by then a different number of
 * jobs.
 */

/* For what `submission` has prepared; the caller's. */
char *confirmation_write(const struct call *call, const struct submission *submission);

#endif
