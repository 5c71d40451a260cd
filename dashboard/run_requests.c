/*
 * Requests for work: each route is a definition and its arguments, handed to submit.h; the preview of one, which writes
 * nothing; and the definitions themselves: their files are read into the database, one is archived. A bulk request may
 * carry the confirmation that its preview gave out.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/ids.h"
#include "common/base/json.h"
#include "common/definitions/definition_registry.h"
#include "common/definitions/definition_sync.h"
#include "common/kinds/kinds.h"
#include "common/query/definitions.h"
#include "common/query/operations.h"
#include "dashboard/call.h"
#include "dashboard/run.h"
#include "dashboard/submit.h"

#define HANDLE_MAX 400 /* bytes of a definition's name */

static struct json_object *args_of(const char *app_id, const char *repository_id)
{
    struct json_object *args = json_object_new_object();
    if (app_id != NULL)
        json_object_object_add(args, "app_id", json_object_new_string(app_id));
    if (repository_id != NULL)
        json_object_object_add(args, "repository_id", json_object_new_string(repository_id));
    return args;
}

/* {app_id, repository_id} of the body. */
static enum err for_link(struct call *call, const char *definition, const char *message, struct err_info *error)
{
    static const char *const keys[] = {"app_id", "repository_id", "confirmation", NULL};
    struct json_object *body = NULL;
    const char *app_id = NULL, *repository_id = NULL;
    enum err err = call_body(call, keys, &body, error);
    if (err == ERR_OK)
        err = call_text(body, "app_id", ID_MAX, &app_id, error);
    if (err == ERR_OK)
        err = call_text(body, "repository_id", ID_MAX, &repository_id, error);
    if (err == ERR_OK && (app_id == NULL || repository_id == NULL))
        err = err_set(error, ERR_USAGE, "app_id and repository_id are required");
    if (err == ERR_OK)
        err = submit(call, definition, args_of(app_id, repository_id), message, error);
    json_object_put(body);
    return err;
}

enum err run_resync(struct call *call, struct err_info *error)
{
    return for_link(call, "resync-link", "Re-sync queued", error);
}

enum err run_retry(struct call *call, struct err_info *error)
{
    return for_link(call, "retry-link", "Retry queued", error);
}

enum err run_resync_app(struct call *call, struct err_info *error)
{
    return submit(call, "resync-app", args_of(call_value(call, "app_id"), NULL), "Re-sync of the app queued", error);
}

enum err run_resync_all(struct call *call, struct err_info *error)
{
    return submit(call, "resync-all", args_of(NULL, NULL), "Re-sync of all repositories queued", error);
}

enum err run_snapshot(struct call *call, struct err_info *error)
{
    return for_link(call, "snapshot-link", "Snapshot queued", error);
}

enum err run_snapshot_app(struct call *call, struct err_info *error)
{
    return submit(call, "snapshot-app", args_of(call_value(call, "app_id"), NULL), "Snapshots of the app queued",
                  error);
}

enum err run_snapshot_all(struct call *call, struct err_info *error)
{
    return submit(call, "snapshot-all", args_of(NULL, NULL), "Snapshots of all repositories queued", error);
}

enum err run_retry_app(struct call *call, struct err_info *error)
{
    return submit(call, "retry-app", args_of(call_value(call, "app_id"), NULL), "Retry of the app queued", error);
}

enum err run_retry_all(struct call *call, struct err_info *error)
{
    return submit(call, "retry-all", args_of(NULL, NULL), "Retry of all failed repositories queued", error);
}

/* ---- preview ----------------------------------------------------------------------------------------------------- */

static struct json_object *int_or_null(int64_t number)
{
    return number < 0 ? NULL : json_object_new_int64(number);
}

static struct json_object *preview_json(const struct call *call, const struct submission *submission, int64_t ms)
{
    const struct preview *preview = &submission->preview;
    const struct definition *definition = submission->found.definition;
    char *confirmation = confirmation_write(call, submission);
    bool all = strcmp(definition->phases[0].job, "resync") == 0;
    struct json_object *json = json_object_new_object();
    json_object_object_add(json, "definition", json_object_new_string(submission->found.handle));
    json_object_object_add(json, "name", json_object_new_string(definition->name));
    json_object_object_add(json, "args", json_object_get(submission->args));
    json_object_object_add(json, "subject", json_object_new_string(preview->subject));
    json_object_object_add(json, "jobs", int_or_null(preview->jobs));
    json_object_object_add(json, "files", int_or_null(preview->files));
    json_object_object_add(json, "bytes", int_or_null(preview->bytes));
    json_object_object_add(json, "unsized_jobs", json_object_new_int64(preview->unsized));
    json_object_object_add(json, "expected_ms", int_or_null(ms));
    json_object_object_add(json, "sends_all_again", json_object_new_boolean(all));
    json_object_object_add(json, "confirmation", json_object_new_string(confirmation));
    free(confirmation);
    return json;
}

/* {definition, args} of the body; `*args` is a new reference. The rest of it is read by submit.h. */
static enum err read_order(struct call *call, const char **definition, struct json_object **args,
                           struct json_object **body, struct err_info *error)
{
    static const char *const keys[] = {"definition", "args", "confirmation", "operation_id", NULL};
    enum err err = call_body(call, keys, body, error);
    if (err == ERR_OK)
        err = call_text(*body, "definition", HANDLE_MAX, definition, error);
    struct json_object *given = json_get(*body, "args");
    if (err == ERR_OK && *definition == NULL)
        err = err_set(error, ERR_USAGE, "definition is required");
    if (err == ERR_OK && given != NULL && !json_object_is_type(given, json_type_object))
        err = err_set(error, ERR_USAGE, "args must be an object");
    *args = err == ERR_OK ? json_object_get(given) : NULL;
    return err;
}

enum err run_preview(struct call *call, struct err_info *error)
{
    struct json_object *body = NULL, *args = NULL;
    struct submission submission = {0};
    const char *definition = NULL;
    int64_t ms = -1;
    enum err err = read_order(call, &definition, &args, &body, error);
    if (err == ERR_OK)
        err = submit_prepare(call, definition, args, &submission, error);
    if (err == ERR_OK)
        err = operations_expected_ms(call->executor->pg, &submission, &ms, error);
    if (err == ERR_OK)
        call_reply(call, 200, preview_json(call, &submission, ms));
    submission_fini(&submission);
    json_object_put(body);
    return err;
}

enum err run_run(struct call *call, struct err_info *error)
{
    struct json_object *body = NULL, *args = NULL;
    const char *definition = NULL;
    enum err err = read_order(call, &definition, &args, &body, error);
    if (err == ERR_OK)
        err = submit(call, definition, args, "Operation accepted", error);
    json_object_put(body);
    return err;
}

/* ---- run definitions --------------------------------------------------------------------------------------------- */

/* Definitions: reads the files into the database, archives and unarchives one. */

/* The files are those of the machine that the dashboard runs on. */
enum err run_resync_definitions(struct call *call, struct err_info *error)
{
    struct call_executor *executor = call->executor;
    const struct config *config = call_pool_config(executor->pool);
    struct definition_sync sync = {.pg = executor->pg,
                                   .dispatch = &executor->dispatch,
                                   .names = &kinds_names,
                                   .directory = config->definitions_dir,
                                   .roots = config->definitions_roots};
    struct definition_sync_report report;
    enum err err = definition_sync(&sync, &report, error);
    if (err != ERR_OK)
        return err;
    call_reply(call, 200, definition_sync_report_json(&report));
    definition_sync_report_fini(&report);
    return ERR_OK;
}

typedef enum err change_status(struct pg *pg, const char *handle, struct err_info *error);

/* The reply is the definition as it is afterwards. */
static enum err definition_change(struct call *call, change_status *to, struct err_info *error)
{
    struct query_params params = call_params(call);
    struct query_result result = {0};
    enum err err = to(call->executor->pg, call_value(call, "definition_id"), error);
    if (err == ERR_OK)
        err = definitions_one(call->executor->pg, &params, &result, error);
    if (err != ERR_OK)
        return err;
    call_reply(call, 200, json_object_get(result.json));
    query_result_fini(&result);
    return ERR_OK;
}

enum err run_archive(struct call *call, struct err_info *error)
{
    return definition_change(call, definition_registry_archive, error);
}

enum err run_unarchive(struct call *call, struct err_info *error)
{
    return definition_change(call, definition_registry_unarchive, error);
}
