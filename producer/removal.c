#include "producer/removal.h"

#include "embedded/sql.h"
#include "producer/out.h"

#define TRIES 5 /* a step may cross a settle's locks; it is harmless to repeat */

static enum err step(struct pg *pg, const struct sql *statement, const struct pg_args *args, bool *gone,
                     struct err_info *error)
{
    PGresult *result = NULL;
    enum err err = ERR_RETRY;
    for (int tries = 0; err == ERR_RETRY && tries < TRIES; tries++)
        err = pg_exec(pg, statement, args, &result, error);
    *gone = err == ERR_OK && pg_bool(result, 0, 0);
    PQclear(result);
    return err;
}

enum err removal_remove(struct pg *pg, const char *app_id, const char *repository_id, struct err_info *error)
{
    const struct sql *statement =
        repository_id == NULL ? &sql_producer_app_remove_step : &sql_producer_link_remove_step;
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, app_id);
    if (repository_id != NULL)
        pg_arg_text(args, repository_id);
    enum err err = ERR_OK;
    for (bool gone = false; err == ERR_OK && !gone;)
        err = step(pg, statement, args, &gone, error);
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
