#include "producer/name_lookup.h"

#include <stdio.h>

#include "embedded/sql_producer.h"

/* Takes the one row there must be; `what` is "app" or "repository". */
static enum err only_one(const PGresult *result, const char *what, const char *text, char id[ID_MAX],
                         struct err_info *error)
{
    if (pg_rows(result) == 0)
        return err_set(error, ERR_NOT_FOUND, "there is no %s \"%s\"", what, text);
    if (pg_rows(result) > 1)
        return err_set(error, ERR_CONFLICT, "more than one %s is called \"%s\": give its id, such as %s or %s", what,
                       text, pg_text(result, 0, 0), pg_text(result, 1, 0));
    snprintf(id, ID_MAX, "%s", pg_text(result, 0, 0));
    return ERR_OK;
}

enum err name_lookup_app(struct session *session, const char *text, char app_id[ID_MAX], struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, text);
    PGresult *result = NULL;
    enum err err = pg_exec(session->pg, &sql_producer_app_find, args, &result, error);
    if (err == ERR_OK)
        err = only_one(result, "app", text, app_id, error);
    if (err == ERR_NOT_FOUND)
        err_set(error, err, "there is no app \"%s\"; see: producer apps", text);
    PQclear(result);
    pg_args_drop(args);
    return err;
}

enum err name_lookup_repository(struct session *session, const char *app_id, const char *text,
                                char repository_id[ID_MAX], struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, app_id);
    pg_arg_text(args, text);
    PGresult *result = NULL;
    enum err err = pg_exec(session->pg, &sql_producer_repository_find, args, &result, error);
    if (err == ERR_OK)
        err = only_one(result, "repository", text, repository_id, error);
    if (err == ERR_NOT_FOUND)
        err_set(error, err, "the app %s watches no repository \"%s\"; see: producer repositories %s", app_id, text,
                app_id);
    PQclear(result);
    pg_args_drop(args);
    return err;
}

enum err name_lookup_operation(const char *text, struct err_info *error)
{
    if (id_is_operation(text))
        return ERR_OK;
    return err_set(error, ERR_USAGE, "\"%s\" is no operation's id: op_ and 26 characters; see: producer operations",
                   text);
}
