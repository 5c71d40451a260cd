/*
 * Links: an app that watches a repository. The URL is checked by git's rules, the token is sealed, and a repository is
 * one row for all apps that watch it. Removing a link is done in steps, since an app may have been sent millions of
 * files. Called by the command line and the API.
 */
#include "common/registry/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/deliveries/repository_name.h"
#include "common/store/git.h"
#include "embedded/sql_registry.h"
#include "embedded/sql_session.h"

#define SQLSTATE_FOREIGN_KEY "23503"

void watch_fini(struct watch *watch)
{
    buf_fini(&watch->owner);
    buf_fini(&watch->name);
}

enum err watch_check(struct watch *watch, const struct config *config, struct err_info *error)
{
    struct address_list *allowed = NULL;
    enum err err = address_list_parse(config->git_allow_private, &allowed, error);
    if (err == ERR_OK) {
        struct git_rules rules = {
            .repositories_dir = config->git_repositories_dir,
            .file_roots = config->git_file_roots,
            .allowed = allowed,
            .timeout_ms = config->git_timeout_ms,
            .max_bytes = config->git_max_bytes,
        };
        err = git_check_url(watch->url, &rules, error);
        if (err == ERR_OK)
            err = git_check_host(watch->url, &rules, error);
    }
    if (err == ERR_OK && watch->branch != NULL)
        err = git_check_branch(watch->branch, error);
    if (err == ERR_OK)
        repository_name(watch->url, &watch->owner, &watch->name);
    address_list_drop(allowed);
    return err;
}

/* In the transaction that insert_link ends. A repository has one branch for all that watch it. */
static enum err insert_repository(struct pg *pg, struct watch *watch, struct err_info *error)
{
    struct pg_batch *batch = pg_batch_new();
    pg_batch_add(batch, &sql_session_begin);
    struct pg_args *args = pg_batch_add(batch, &sql_registry_repository_insert);
    id_repository(watch->repository_id);
    pg_arg_text(args, watch->repository_id);
    pg_arg_text(args, watch->url);
    pg_arg_text(args, watch->owner.data == NULL ? "" : watch->owner.data);
    pg_arg_text(args, watch->name.data);
    pg_arg_text(args, watch->branch);
    pg_arg_bool(args, watch->token != NULL);
    enum err err = pg_batch_run(pg, batch, error);
    if (err == ERR_OK) {
        const PGresult *result = pg_batch_result(batch, 1);
        const char *branch = pg_text(result, 0, 1);
        snprintf(watch->repository_id, sizeof watch->repository_id, "%s", pg_text(result, 0, 0));
        if (watch->branch != NULL && (branch == NULL || strcmp(branch, watch->branch) != 0))
            err = err_set(error, ERR_CONFLICT,
                          "%s (%s) is watched already, at %s: a repository has one branch for all apps", watch->url,
                          watch->repository_id, branch == NULL ? "the remote's HEAD" : branch);
    }
    pg_batch_drop(batch);
    return err;
}

static enum err insert_link(struct pg *pg, const struct watch *watch, const char *sealed, struct err_info *error)
{
    struct pg_batch *batch = pg_batch_new();
    struct pg_args *args = pg_batch_add(batch, &sql_registry_link_insert);
    pg_arg_text(args, watch->app_id);
    pg_arg_text(args, watch->url);
    pg_arg_text(args, sealed);
    pg_batch_add(batch, &sql_session_commit);
    enum err err = pg_batch_run(pg, batch, error);
    if (err != ERR_OK && strcmp(error->sqlstate, SQLSTATE_FOREIGN_KEY) == 0)
        err = err_set(error, ERR_NOT_FOUND, "there is no app %s", watch->app_id);
    else if (err == ERR_OK && pg_rows(pg_batch_result(batch, 0)) == 0)
        err = err_set(error, ERR_CONFLICT, "the app %s watches %s already (%s)", watch->app_id, watch->url,
                      watch->repository_id);
    pg_batch_drop(batch);
    return err;
}

enum err watch_register(struct pg *pg, struct watch *watch, const struct crypto_keys *keys, struct err_info *error)
{
    struct buf sealed = BUF_INIT;
    enum err err = insert_repository(pg, watch, error); /* tells the id that the token is bound to */
    const struct crypto_place place = CRYPTO_TOKEN_OF_LINK(watch->app_id, watch->repository_id);
    if (err == ERR_OK && watch->token != NULL)
        err = crypto_seal_at(keys, &place, watch->token, &sealed, error);
    if (err == ERR_OK)
        err = insert_link(pg, watch, sealed.len > 0 ? sealed.data : NULL, error);
    pg_abort(pg);
    buf_fini(&sealed);
    return err;
}

struct json_object *watch_json(const struct watch *watch)
{
    struct json_object *json = json_object_new_object();
    json_object_object_add(json, "repository_id", json_object_new_string(watch->repository_id));
    json_object_object_add(json, "app_id", json_object_new_string(watch->app_id));
    json_object_object_add(json, "url", json_object_new_string(watch->url));
    json_object_object_add(json, "owner", json_object_new_string(watch->owner.data == NULL ? "" : watch->owner.data));
    json_object_object_add(json, "name", json_object_new_string(watch->name.data));
    json_object_object_add(json, "branch", watch->branch == NULL ? NULL : json_object_new_string(watch->branch));
    return json;
}

/* ---- the end of it ----------------------------------------------------------------------------------------------- */

#define TRIES 5 /* a step may cross a settle's locks; it is harmless to repeat */

static enum err statement_run(struct pg *pg, const struct sql *statement, const struct pg_args *args, bool *gone,
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

/* Repositories go with their last link; in a transaction of its own, for a checkpoint locks the link first. Locked in
 * the order of their ids. */
static enum err delete_unused(struct pg *pg, const char *const *repository_ids, int count, struct err_info *error)
{
    struct pg_batch *batch = pg_batch_new();
    pg_batch_add(batch, &sql_session_begin);
    for (int i = 0; i < count; i++) {
        pg_arg_text(pg_batch_add(batch, &sql_registry_repository_lock), repository_ids[i]);
        pg_arg_text(pg_batch_add(batch, &sql_registry_repository_delete_unused), repository_ids[i]);
    }
    pg_batch_add(batch, &sql_session_commit);
    enum err err = pg_batch_run(pg, batch, error);
    pg_abort(pg);
    pg_batch_drop(batch);
    return err;
}

/* A page of those that no app watches, from `after` on, which becomes the last of them; "" where there was none. */
static enum err delete_unused_page(struct pg *pg, char after[ID_MAX], struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    PGresult *result = NULL;
    pg_arg_text(args, after);
    enum err err = pg_exec(pg, &sql_registry_repositories_unused, args, &result, error);
    int count = err == ERR_OK ? pg_rows(result) : 0;
    const char **ids = mem_array((size_t)count + 1, sizeof *ids);
    for (int row = 0; row < count; row++)
        ids[row] = pg_text(result, row, 0);
    if (count > 0)
        err = delete_unused(pg, ids, count, error);
    snprintf(after, ID_MAX, "%s", count > 0 ? ids[count - 1] : "");
    free(ids);
    PQclear(result);
    pg_args_drop(args);
    return err;
}

static enum err delete_all_unused(struct pg *pg, struct err_info *error)
{
    char after[ID_MAX] = "";
    enum err err = ERR_OK;
    do
        err = delete_unused_page(pg, after, error);
    while (err == ERR_OK && *after != '\0');
    return err;
}

enum err watch_remove(struct pg *pg, const char *app_id, const char *repository_id, struct err_info *error)
{
    const struct sql *statement =
        repository_id == NULL ? &sql_registry_app_remove_step : &sql_registry_link_remove_step;
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, app_id);
    if (repository_id != NULL)
        pg_arg_text(args, repository_id);
    enum err err = ERR_OK;
    for (bool gone = false; err == ERR_OK && !gone;)
        err = statement_run(pg, statement, args, &gone, error);
    pg_args_drop(args);
    if (err != ERR_OK)
        return err;
    return repository_id != NULL ? delete_unused(pg, &repository_id, 1, error) : delete_all_unused(pg, error);
}
