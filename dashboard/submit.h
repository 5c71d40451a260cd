/*
 * From a request of the API to its operation: definition, arguments, preview, acceptance, first step of the plan,
 * Redis. The same code of common/queue as the command line; what differs is who asks and how it is answered.
 */
#ifndef REPRISE_DASHBOARD_SUBMIT_H
#define REPRISE_DASHBOARD_SUBMIT_H

#include <json-c/json_object.h>

#include "common/definitions/definition_registry.h"
#include "dashboard/call.h"

struct submission {
    struct registered_definition found;
    const struct definition *definition; /* its version in force */
    struct json_object *args;            /* complete */
    struct preview preview;
    struct accepted accepted;
    struct tally tally;
    bool dispatched;      /* Redis knows of it; else it begins when Redis is back */
    int64_t live_workers; /* -1 = not known */
};

/* Looks up the definition and checks `args` (taken); nothing is written. On success submission_fini is owed; on failure
 * too. */
MUST_CHECK enum err submit_prepare(struct call *call, const char *handle, struct json_object *args,
                                   struct submission *submission, struct err_info *error);
/* Accepts and begins it. `confirmation`: what a preview gave out, NULL = none; one that does not fit any more is
 * ERR_CONFLICT. */
MUST_CHECK enum err submit_accept(struct call *call, const char *confirmation, struct submission *submission,
                                  struct err_info *error);
/* {message, operation_id, total, repeated, dispatched, live_workers}, and job_id of a single one; the caller's. */
struct json_object *submit_json(const struct submission *submission, const char *message);
void submission_fini(struct submission *submission);

/* The whole of it, with the confirmation that the body may have; the reply is the caller's. submission_fini is owed in
 * any case. */
MUST_CHECK enum err submit_quietly(struct call *call, const char *handle, struct json_object *args,
                                   struct submission *submission, struct err_info *error);
/* The same, replying with submit_json. */
MUST_CHECK enum err submit(struct call *call, const char *handle, struct json_object *args, const char *message,
                           struct err_info *error);

#endif
