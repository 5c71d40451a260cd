#include "dashboard/submit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/log.h"
#include "common/kinds/kinds.h"
#include "common/queue/operation_start.h"
#include "dashboard/call.h"
#include "dashboard/confirmation.h"

enum err submit_prepare(struct call *call, const char *handle, struct json_object *args, struct submission *submission,
                        struct err_info *error)
{
    struct call_executor *executor = call->executor;
    *submission = (struct submission){.live_workers = -1};
    enum err err = definition_registry_find(executor->pg, handle, &submission->found, error);
    struct json_object *given = args != NULL ? args : json_object_new_object();
    submission->definition = submission->found.definition;
    if (err == ERR_OK) {
        setting_args_add(submission->definition, given, call_pool_config(executor->pool));
        err = definition_check_args(submission->definition, given, &submission->args, error);
    }
    json_object_put(given);
    if (err == ERR_OK)
        err = request_preview(executor->pg, &kinds, submission->definition, submission->args, &submission->preview,
                              error);
    return err;
}

void submission_fini(struct submission *submission)
{
    registered_definition_fini(&submission->found);
    free(submission->accepted.subject);
    preview_fini(&submission->preview);
    json_object_put(submission->args);
}

/* PostgreSQL has it: what fails from here on only delays its beginning. Steps of a long plan are the sweep's. */
static void begin(struct call *call, struct submission *submission)
{
    struct call_executor *executor = call->executor;
    struct err_info trouble = {0};
    enum plan_status status = PLAN_DONE;
    bool waits = false;
    const char *id = submission->accepted.operation_id;
    enum err err = operation_start_plan(executor->pg, &kinds, id, &submission->tally, &status, &trouble);
    if (err == ERR_OK)
        err = operation_start_open(&executor->dispatch, executor->pg, id, &submission->live_workers, &trouble);
    if (err == ERR_OK && submission->accepted.repeated)
        err = operation_start_join(&executor->dispatch, executor->pg, id, &waits, &submission->live_workers, &trouble);
    submission->dispatched = err == ERR_OK;
    if (err != ERR_OK)
        log_warn("%s is accepted and waits for the sweep: %s", id, trouble.text);
}

enum err submit_accept(struct call *call, const char *confirmation, struct submission *submission,
                       struct err_info *error)
{
    char requester[TOKEN_SUBJECT_MAX + 16];
    snprintf(requester, sizeof requester, "dashboard: %s", call->caller.name);
    struct request request = {.handle = submission->found.handle,
                              .definition = submission->definition,
                              .catalog_id = submission->found.id,
                              .args = submission->args,
                              .requested_by = requester};
    enum err err = ERR_OK;
    if (confirmation != NULL)
        err = confirmation_check(call, confirmation, submission, error);
    if (err == ERR_OK)
        err = request_accept(call->executor->pg, &kinds, &request, &submission->accepted, error);
    if (err == ERR_OK)
        begin(call, submission);
    return err;
}

struct json_object *submit_json(const struct submission *submission, const char *message)
{
    struct json_object *json = json_object_new_object();
    const char *id = submission->accepted.operation_id;
    char job_id[ID_MAX + 8];
    json_object_object_add(json, "message", json_object_new_string(message));
    json_object_object_add(json, "operation_id", json_object_new_string(id));
    if (submission->accepted.single) {
        snprintf(job_id, sizeof job_id, "%s/1", id);
        json_object_object_add(json, "job_id", json_object_new_string(job_id));
    }
    json_object_object_add(json, "subject", json_object_new_string(submission->accepted.subject));
    json_object_object_add(json, "total",
                           submission->preview.jobs < 0 ? NULL : json_object_new_int64(submission->preview.jobs));
    json_object_object_add(json, "repeated", json_object_new_boolean(submission->accepted.repeated));
    json_object_object_add(json, "dispatched", json_object_new_boolean(submission->dispatched));
    json_object_object_add(json, "live_workers",
                           submission->live_workers < 0 ? NULL : json_object_new_int64(submission->live_workers));
    return json;
}

enum err submit_quietly(struct call *call, const char *handle, struct json_object *args, struct submission *submission,
                        struct err_info *error)
{
    static const char *const keys[] = {"confirmation", "app_id", "repository_id", "definition", "args", NULL};
    struct json_object *body = NULL;
    const char *confirmation = NULL;
    enum err err = call_body(call, keys, &body, error);
    if (err == ERR_OK)
        err = call_text(body, "confirmation", CONFIRMATION_MAX, &confirmation, error);
    if (err == ERR_OK)
        err = submit_prepare(call, handle, args, submission, error);
    else
        json_object_put(args);
    if (err == ERR_OK)
        err = submit_accept(call, confirmation, submission, error);
    json_object_put(body);
    return err;
}

enum err submit(struct call *call, const char *handle, struct json_object *args, const char *message,
                struct err_info *error)
{
    struct submission submission = {0};
    enum err err = submit_quietly(call, handle, args, &submission, error);
    if (err == ERR_OK)
        call_reply(call, 200, submit_json(&submission, message));
    submission_fini(&submission);
    return err;
}
