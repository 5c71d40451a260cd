#include "producer/removal.h"

#include "embedded/sql.h"
#include "producer/out.h"

enum err removal_forget(struct pg *pg, const char *app_id, const char *repository_id, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, app_id);
    pg_arg_text(args, repository_id);
    enum err err = ERR_OK;
    int64_t deleted = 1;
    while (err == ERR_OK && deleted > 0) {
        PGresult *result = NULL;
        err = pg_exec(pg, &sql_producer_app_forget_deliveries, args, &result, error);
        deleted = err == ERR_OK ? pg_affected(result) : 0;
        PQclear(result);
    }
    pg_args_drop(args);
    return err;
}

void removal_show(const struct session *session, const char *app_id, const char *repository_id)
{
    if (!session->json) {
        out_line("removed %s%s%s", app_id, repository_id == NULL ? "" : " ",
                 repository_id == NULL ? "" : repository_id);
        return;
    }
    struct json_object *document = json_object_new_object();
    json_object_object_add(document, "removed", json_object_new_boolean(1));
    json_object_object_add(document, "app_id", json_object_new_string(app_id));
    if (repository_id != NULL)
        json_object_object_add(document, "repository_id", json_object_new_string(repository_id));
    out_json(document);
}
