#include "common/definitions/definition_registry.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/did_you_mean.h"
#include "common/base/mem.h"
#include "embedded/sql_definitions.h"

#define CHANGES_MAX 5 /* so often may a definition change between looking it up and accepting */

/* Columns of definition_registry_find. */
enum { ROW_ID, ROW_STATUS, ROW_FILE_EXISTS, ROW_PATH, ROW_ERROR, ROW_LINE, ROW_COLUMN, ROW_BODY };

static enum err run_by_handle(struct pg *pg, const struct sql *statement, const char *handle, PGresult **result,
                              struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, handle);
    enum err err = pg_exec(pg, statement, args, result, error);
    pg_args_drop(args);
    return err;
}

/* ---- why not --------------------------------------------------------------------------------------------------- */

static enum err unknown(struct pg *pg, const char *handle, struct err_info *error)
{
    PGresult *rows = NULL;
    enum err err = pg_exec(pg, &sql_definitions_registry_handles, NULL, &rows, error);
    if (err != ERR_OK)
        return err;
    struct did_you_mean nearest = {.wanted = handle};
    struct buf alike = BUF_INIT;
    for (int row = 0; row < pg_rows(rows); row++)
        did_you_mean_offer(&nearest, pg_text(rows, row, 0));
    did_you_mean_write(&nearest, &alike);
    if (pg_rows(rows) == 0)
        err = err_set(error, ERR_NOT_FOUND,
                      "there is no definition \"%s\": none is loaded; run: producer "
                      "resync-definitions",
                      handle);
    else if (alike.len == 0)
        err = err_set(error, ERR_NOT_FOUND, "there is no definition \"%s\"; see: producer definitions", handle);
    else
        err = err_set(error, ERR_NOT_FOUND, "there is no definition \"%s\"; did you mean %s?", handle, alike.data);
    PQclear(rows);
    buf_fini(&alike);
    return err;
}

static enum err refuse(const PGresult *row, const char *handle, struct err_info *error)
{
    const char *path = pg_text(row, 0, ROW_PATH);
    if (strcmp(pg_text(row, 0, ROW_STATUS), "archived") == 0)
        return err_set(error, ERR_CONFLICT, "definition %s is archived; to use it again: producer unarchive %s", handle,
                       handle);
    if (pg_is_null(row, 0, ROW_BODY))
        return err_set(error, ERR_USAGE, "definition %s is not usable: %s:%lld:%lld: %s", handle, path,
                       (long long)pg_int8(row, 0, ROW_LINE), (long long)pg_int8(row, 0, ROW_COLUMN),
                       pg_is_null(row, 0, ROW_ERROR) ? "it was never loaded" : pg_text(row, 0, ROW_ERROR));
    if (!pg_bool(row, 0, ROW_FILE_EXISTS))
        return err_set(error, ERR_CONFLICT, "definition %s is gone: the last re-sync found no file of it (it was %s)",
                       handle, path);
    return ERR_OK;
}

/* ---- finding and accepting ------------------------------------------------------------------------------------- */

static enum err read_found(const PGresult *row, const char *handle, struct registered_definition *found,
                           struct err_info *error)
{
    const char *body = pg_text(row, 0, ROW_BODY);
    enum err err = definition_from_canonical(body, strlen(body), NULL, &found->definition, error);
    if (err != ERR_OK)
        return err_prefix(error, "definition %s", handle);
    found->id = pg_int8(row, 0, ROW_ID);
    found->handle = mem_strdup(handle);
    return ERR_OK;
}

enum err definition_registry_find(struct pg *pg, const char *handle, struct registered_definition *found,
                                  struct err_info *error)
{
    *found = (struct registered_definition){0};
    PGresult *row = NULL;
    enum err err = run_by_handle(pg, &sql_definitions_registry_find, handle, &row, error);
    if (err == ERR_OK)
        err = pg_rows(row) == 0 ? unknown(pg, handle, error) : refuse(row, handle, error);
    if (err == ERR_OK)
        err = read_found(row, handle, found, error);
    PQclear(row);
    return err;
}

void registered_definition_fini(struct registered_definition *found)
{
    definition_drop(found->definition);
    free(found->handle);
    *found = (struct registered_definition){0};
}

static enum err accept_once(struct pg *pg, const struct kind_table *kinds, const struct request *request,
                            struct accepted *accepted, struct err_info *error)
{
    struct registered_definition found;
    struct request whole = *request;
    *accepted = (struct accepted){0};
    enum err err = definition_registry_find(pg, request->handle, &found, error);
    if (err != ERR_OK)
        return err;
    whole.definition = found.definition;
    whole.catalog_id = found.id;
    err = definition_check_args(found.definition, request->args, &whole.args, error);
    if (err == ERR_OK) {
        err = request_accept(pg, kinds, &whole, accepted, error);
        json_object_put(whole.args);
    }
    registered_definition_fini(&found);
    return err;
}

enum err definition_registry_accept(struct pg *pg, const struct kind_table *kinds, const struct request *request,
                                    struct accepted *accepted, struct err_info *error)
{
    enum err err = accept_once(pg, kinds, request, accepted, error);
    for (int tries = 1; err == ERR_CONFLICT && accepted->outdated && tries < CHANGES_MAX; tries++)
        err = accept_once(pg, kinds, request, accepted, error);
    return err;
}

/* ---- a person's word ------------------------------------------------------------------------------------------- */

static enum err change(struct pg *pg, const struct sql *statement, const char *handle, struct err_info *error)
{
    PGresult *result = NULL;
    enum err err = run_by_handle(pg, statement, handle, &result, error);
    if (err == ERR_OK && pg_affected(result) == 0)
        err = unknown(pg, handle, error);
    PQclear(result);
    return err;
}

enum err definition_registry_archive(struct pg *pg, const char *handle, struct err_info *error)
{
    return change(pg, &sql_definitions_registry_archive, handle, error);
}

enum err definition_registry_unarchive(struct pg *pg, const char *handle, struct err_info *error)
{
    return change(pg, &sql_definitions_registry_unarchive, handle, error);
}
