/* Definitions: reads the files into the database, archives and unarchives one. */
#include "common/definitions/definition_registry.h"
#include "common/definitions/definition_sync.h"
#include "common/kinds/kinds.h"
#include "common/query/definitions.h"
#include "dashboard/call.h"
#include "dashboard/run.h"

/* The files are those of the machine that the dashboard runs on. */
enum err run_resync_definitions(struct call *call, struct err_info *error)
{
    struct call_executor *executor = call->executor;
    const struct config *config = call_pool_config(executor->pool);
    struct definition_sync sync = {
        executor->pg, &executor->dispatch, &kinds_names, config->definitions_dir, config->definitions_roots, 0};
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
