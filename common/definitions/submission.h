/*
 * From a request to its operation, one way for all who accept requests (command line, dashboard, inbox, schedule):
 *
 *   prepare   the definition in force, the arguments held against its schema, the preview; nothing is written
 *   accept    one transaction in PostgreSQL (request.h); from its commit on the operation is a promise
 *   start     a first step of the plan and the way into Redis; what fails here only delays, and the sweep makes up for
 * it
 *
 * Each step asks PostgreSQL once and hands on what it found. A program that asks a person does so between
 * prepare and accept.
 */
#ifndef REPRISE_DEFINITIONS_SUBMISSION_H
#define REPRISE_DEFINITIONS_SUBMISSION_H

#include "common/definitions/definition_registry.h"
#include "common/definitions/request.h"
#include "common/queue/dispatch.h"

/* Where requests are accepted. All is borrowed. */
struct submitter {
    struct pg *pg;
    const struct kind_table *kinds;
    const struct dispatch *dispatch; /* NULL: never started here, that is left to the sweep */
    /* Adds to `args` what is missing there and a setting of the installation gives; NULL = nothing. */
    void (*add_settings)(const struct definition *definition, struct json_object *args, const void *context);
    const void *context; /* of add_settings */
};

/* What became of the start. */
struct submission_start {
    struct tally tally; /* as of the step of the plan; where that failed as of before it, or all zero: OP_RUNNING */
    bool planned;       /* nothing of the present phase is left to plan */
    bool elsewhere;     /* another program plans at this moment */
    bool dispatched;    /* Redis knows of it; else it begins when Redis is back */
    bool waits; /* a request that was repeated: its operation had not begun, and is at the head of its queue now */
    int64_t live_workers;                    /* -1 = not known */
    struct err_info plan_error, redis_error; /* the code ERR_OK = none */
};

struct submission {
    struct registered_definition found; /* the version in force */
    struct json_object *args;           /* complete */
    struct preview preview;
    struct accepted accepted;
    struct submission_start start;
};
/* Takes what is all zero, too. */
void submission_fini(struct submission *submission);

/* Finds the definition, checks `given` (borrowed, NULL = none) and makes the preview. Errors as
 * definition_registry_find, definition_check_args and request_preview. submission_fini is owed in any case. */
MUST_CHECK enum err submission_prepare(const struct submitter *submitter, const char *handle, struct json_object *given,
                                       struct submission *submission, struct err_info *error);
/* The second half of it: `submission->found` is there already. */
MUST_CHECK enum err submission_check(const struct submitter *submitter, struct json_object *given,
                                     struct submission *submission, struct err_info *error);
/* The preview alone, once more: for a submission that waited for a person's answer. */
MUST_CHECK enum err submission_preview(const struct submitter *submitter, struct submission *submission,
                                       struct err_info *error);

/* Accepts what was prepared. Of `request` only who asks and how is read: its definition, arguments and preview are
 * those of the submission. As request_accept. */
MUST_CHECK enum err submission_accept(const struct submitter *submitter, const struct request *request,
                                      struct submission *submission, struct err_info *error);

/* Prepares and accepts, again where the definition changed in between: for requests that no person confirms. Of
 * `request` the handle, `args` as given (NULL = none) and who asks must be set. submission_fini is owed in any case. */
MUST_CHECK enum err submission_request(const struct submitter *submitter, const struct request *request,
                                       struct submission *submission, struct err_info *error);

/* One step of the plan, then Redis; what was accepted before is moved to the head if it waits still. Never fails: what
 * went wrong stands in `submission->start`. May be repeated. */
void submission_start(const struct submitter *submitter, struct submission *submission);
/* A further step of the plan, where `start.planned` is false; `start` says how it went. */
void submission_plan(const struct submitter *submitter, struct submission *submission);

/* ---- many at once ------------------------------------------------------------------------------------------------ */

/*
 * Many single requests at once: those that wait together in the inbox are prepared, accepted, planned and opened in
 * Redis together, by one transaction and a few messages. What is not of that kind is left alone, for
 * submission_request.
 */

#define SUBMISSIONS_MAX 256 /* at a time */

struct submission_item {
    struct request request;   /* as of submission_request: handle, args, who asks; no tick, no dry run */
    struct accepted accepted; /* where done */
    bool done;                /* accepted; else nothing was written, and it is to be submitted by itself */
    bool started;             /* planned, and open in Redis; else that is left to the sweep */
};

/* Accepts those of `items` (at most SUBMISSIONS_MAX) that would plan one job each; equal ones of them become one
 * operation, as if they came one after the other. What is refused, and what is of another kind, is not done: nothing of
 * it was written. ERR_UNREACHABLE, ERR_RETRY: a store does not answer; what was committed may be done again, to the
 * same effect, where it has a stamp or an id of its own. */
MUST_CHECK enum err submissions_request(const struct submitter *submitter, struct submission_item *items, size_t count,
                                        struct err_info *error);

#endif
