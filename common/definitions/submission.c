/*
 * The steps from a request to its operation, in their order. The producer, the dashboard, the inbox and the schedule
 * all go this way; what differs is who asks, whether a person confirms, and how it is answered.
 *
 * It must never ask PostgreSQL for the same thing twice: definition, arguments and preview are found once, by prepare,
 * and accept writes what they said. That a re-sync of the definitions may come in between is seen by accept, in its own
 * transaction, and refused (`outdated`).
 */
#include "common/definitions/submission.h"

#include <json-c/json_object.h>
#include <stdlib.h>

#include "common/queue/dispatch.h"

#define CHANGES_MAX 5 /* so often may a definition change between looking it up and accepting */

void submission_fini(struct submission *submission)
{
    registered_definition_fini(&submission->found);
    preview_fini(&submission->preview);
    json_object_put(submission->args);
    submission->args = NULL;
}

/* ---- prepare ----------------------------------------------------------------------------------------------------- */

enum err submission_preview(const struct submitter *submitter, struct submission *submission, struct err_info *error)
{
    preview_fini(&submission->preview);
    return request_preview(submitter->pg, submitter->kinds, submission->found.definition, submission->args,
                           &submission->preview, error);
}

enum err submission_check(const struct submitter *submitter, struct json_object *given, struct submission *submission,
                          struct err_info *error)
{
    const struct definition *definition = submission->found.definition;
    struct json_object *all = NULL;
    if (given == NULL)
        all = json_object_new_object();
    else if (json_object_deep_copy(given, &all, NULL) != 0)
        abort(); /* it fails only without memory */
    if (submitter->add_settings != NULL && json_object_is_type(all, json_type_object))
        submitter->add_settings(definition, all, submitter->context);
    json_object_put(submission->args);
    enum err err = definition_check_args(definition, all, &submission->args, error);
    json_object_put(all);
    return err == ERR_OK ? submission_preview(submitter, submission, error) : err;
}

enum err submission_prepare(const struct submitter *submitter, const char *handle, struct json_object *given,
                            struct submission *submission, struct err_info *error)
{
    *submission = (struct submission){.preview = {NULL, -1, -1, -1, 0}, .start.live_workers = -1};
    enum err err = definition_registry_find(submitter->pg, handle, &submission->found, error);
    return err == ERR_OK ? submission_check(submitter, given, submission, error) : err;
}

/* ---- accept ------------------------------------------------------------------------------------------------------ */

enum err submission_accept(const struct submitter *submitter, const struct request *request,
                           struct submission *submission, struct err_info *error)
{
    struct request whole = *request;
    whole.handle = submission->found.handle;
    whole.definition = submission->found.definition;
    whole.catalog_id = submission->found.id;
    whole.args = submission->args;
    whole.preview = &submission->preview;
    return request_accept(submitter->pg, submitter->kinds, &whole, &submission->accepted, error);
}

static enum err prepare_and_accept(const struct submitter *submitter, const struct request *request,
                                   struct submission *submission, struct err_info *error)
{
    enum err err = submission_prepare(submitter, request->handle, request->args, submission, error);
    if (err == ERR_OK && request->unless_idle && submission->preview.jobs == 0)
        err = err_set(error, ERR_NOT_FOUND, "there was nothing to do");
    return err == ERR_OK ? submission_accept(submitter, request, submission, error) : err;
}

enum err submission_request(const struct submitter *submitter, const struct request *request,
                            struct submission *submission, struct err_info *error)
{
    enum err err = prepare_and_accept(submitter, request, submission, error);
    for (int tries = 1; err == ERR_CONFLICT && submission->accepted.outdated && tries < CHANGES_MAX; tries++) {
        submission_fini(submission);
        err = prepare_and_accept(submitter, request, submission, error);
    }
    return err;
}

/* ---- start ------------------------------------------------------------------------------------------------------- */

void submission_plan(const struct submitter *submitter, struct submission *submission)
{
    struct submission_start *start = &submission->start;
    enum plan_status status = PLAN_MORE;
    enum err err = operation_start_plan(submitter->pg, submitter->kinds, submission->accepted.operation_id,
                                        &start->tally, &status, &start->plan_error);
    if (err == ERR_OK)
        err_clear(&start->plan_error);
    start->planned = err == ERR_OK && status == PLAN_DONE;
    start->elsewhere = err == ERR_OK && status == PLAN_ELSEWHERE;
}

static void start_in_redis(const struct submitter *submitter, const struct accepted *accepted,
                           struct submission_start *start)
{
    const char *id = accepted->operation_id;
    struct err_info *error = &start->redis_error;
    enum err err = operation_start_open(submitter->dispatch, submitter->pg, id, &start->live_workers, error);
    if (err == ERR_OK && accepted->repeated)
        err = operation_start_join(submitter->dispatch, submitter->pg, id, &start->waits, &start->live_workers, error);
    start->dispatched = err == ERR_OK;
    if (err == ERR_OK)
        err_clear(error);
}

void submission_start(const struct submitter *submitter, struct submission *submission)
{
    submission->start = (struct submission_start){.live_workers = -1};
    submission_plan(submitter, submission);
    start_in_redis(submitter, &submission->accepted, &submission->start);
}
