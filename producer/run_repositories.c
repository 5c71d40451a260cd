/* Repositories and who watches them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/deliveries/repository_name.h"
#include "common/query/links.h"
#include "common/store/git.h"
#include "embedded/sql.h"
#include "producer/list.h"
#include "producer/lookup.h"
#include "producer/out.h"
#include "producer/removal.h"

#define TOKEN_LEAST 1
#define TOKEN_MOST 500

/* ---- the list
 * ---------------------------------------------------------------------------------------------------------- */

enum err run_repositories(struct session *session, struct err_info *error)
{
    static const struct list_column columns[] = {
        {"REPOSITORY", "repository_id", LIST_TEXT},
        {"NAME", "repository", LIST_TEXT},
        {"APP", "app_name", LIST_TEXT},
        {"STATUS", "status", LIST_TEXT},
        {"FILES", "files", LIST_NUMBER},
        {"SIZE", "bytes", LIST_BYTES},
        {"SCANNED", "scanned_ago_ms", LIST_AGO},
        {"ERROR", "last_error", LIST_TEXT},
        {NULL, NULL, LIST_TEXT},
    };
    static const struct list list = {columns,
                                     "No repository is watched; to watch one: producer add-repository APP URL"};
    char app_id[ID_MAX];
    const char *app = session_word(session, 0);
    enum err err = app == NULL ? ERR_OK : session_postgres(session, error);
    if (err == ERR_OK && app != NULL)
        err = lookup_app(session, app, app_id, error);
    if (err != ERR_OK)
        return err;
    bool only_failed = session_has(session, OPTION_FAILED);
    const struct list_also also[LIST_ALSO_MAX] = {{"app_id", app == NULL ? NULL : app_id},
                                                  {only_failed ? "status" : NULL, "failed"}};
    return list_run(session, links_list, also, &list, error);
}

/* ---- add-repository
 * ---------------------------------------------------------------------------------------------------- */

struct registration {
    char app_id[ID_MAX], repository_id[ID_MAX];
    const char *url, *branch;      /* `branch` NULL = the remote's HEAD */
    struct buf owner, name, token; /* `token` sealed; empty = none */
};

static enum err check_url(const struct session *session, struct registration *r, struct err_info *error)
{
    struct address_list *allowed = NULL;
    enum err err = address_list_parse(session->config.git_allow_private, &allowed, error);
    if (err == ERR_OK) {
        struct git_rules rules = {
            .repositories_dir = session->config.git_repositories_dir,
            .file_roots = session->config.git_file_roots,
            .allowed = allowed,
            .timeout_ms = session->config.git_timeout_ms,
            .max_bytes = session->config.git_max_bytes,
        };
        err = git_check_url(r->url, &rules, error);
    }
    if (err == ERR_OK && r->branch != NULL)
        err = git_check_branch(r->branch, error);
    if (err == ERR_OK)
        repository_name(r->url, &r->owner, &r->name);
    address_list_drop(allowed);
    return err;
}

static enum err read_token(const struct session *session, struct registration *r, struct err_info *error)
{
    char *token = NULL;
    struct crypto_keys keys = {0};
    if (!session_has(session, OPTION_TOKEN_STDIN))
        return ERR_OK;
    enum err err = session_read_secret("the token", TOKEN_LEAST, TOKEN_MOST, &token, error);
    if (err == ERR_OK)
        err = session_keys(session, &keys, error);
    if (err == ERR_OK)
        err = crypto_seal(&keys, token, strlen(token), &r->token, error);
    crypto_wipe(&keys, sizeof keys);
    if (token != NULL)
        crypto_wipe(token, strlen(token));
    free(token);
    return err;
}

/* In the transaction that insert_link ends. A repository has one branch, whoever watches it. */
static enum err insert_repository(struct pg *pg, struct registration *r, struct err_info *error)
{
    struct pg_batch *batch = pg_batch_new();
    pg_batch_add(batch, &sql_queue_begin);
    struct pg_args *args = pg_batch_add(batch, &sql_producer_repository_insert);
    id_repository(r->repository_id);
    pg_arg_text(args, r->repository_id);
    pg_arg_text(args, r->url);
    pg_arg_text(args, r->owner.data == NULL ? "" : r->owner.data);
    pg_arg_text(args, r->name.data);
    pg_arg_text(args, r->branch);
    pg_arg_bool(args, r->token.len > 0);
    enum err err = pg_batch_run(pg, batch, error);
    if (err == ERR_OK) {
        const PGresult *result = pg_batch_result(batch, 1);
        const char *branch = pg_text(result, 0, 1);
        snprintf(r->repository_id, sizeof r->repository_id, "%s", pg_text(result, 0, 0));
        if (r->branch != NULL && (branch == NULL || strcmp(branch, r->branch) != 0))
            err = err_set(error, ERR_CONFLICT,
                          "%s (%s) is watched already, at %s: a repository has one branch for all apps", r->url,
                          r->repository_id, branch == NULL ? "the remote's HEAD" : branch);
    }
    pg_batch_drop(batch);
    return err;
}

static enum err insert_link(struct pg *pg, const struct registration *r, struct err_info *error)
{
    struct pg_batch *batch = pg_batch_new();
    struct pg_args *args = pg_batch_add(batch, &sql_producer_link_insert);
    pg_arg_text(args, r->app_id);
    pg_arg_text(args, r->url);
    pg_arg_text(args, r->token.len > 0 ? r->token.data : NULL);
    pg_batch_add(batch, &sql_queue_commit);
    enum err err = pg_batch_run(pg, batch, error);
    if (err == ERR_OK && pg_rows(pg_batch_result(batch, 0)) == 0)
        err = err_set(error, ERR_CONFLICT, "the app %s watches %s already (%s)", r->app_id, r->url, r->repository_id);
    pg_batch_drop(batch);
    return err;
}

static void show_registration(const struct session *session, const struct registration *r)
{
    if (!session->json) {
        out_line("repository_id  %s", r->repository_id);
        out_note("Its files are sent with the next scan, or at once: producer resync %s %s", r->app_id,
                 r->repository_id);
        return;
    }
    struct json_object *document = json_object_new_object();
    json_object_object_add(document, "repository_id", json_object_new_string(r->repository_id));
    json_object_object_add(document, "app_id", json_object_new_string(r->app_id));
    json_object_object_add(document, "url", json_object_new_string(r->url));
    json_object_object_add(document, "owner", json_object_new_string(r->owner.data == NULL ? "" : r->owner.data));
    json_object_object_add(document, "name", json_object_new_string(r->name.data));
    json_object_object_add(document, "branch", r->branch == NULL ? NULL : json_object_new_string(r->branch));
    out_json(document);
}

enum err run_add_repository(struct session *session, struct err_info *error)
{
    struct registration r = {.url = session_word(session, 1), .branch = session->arguments.values[OPTION_BRANCH]};
    enum err err = check_url(session, &r, error);
    if (err == ERR_OK)
        err = read_token(session, &r, error);
    if (err == ERR_OK)
        err = session_postgres(session, error);
    if (err == ERR_OK)
        err = lookup_app(session, session_word(session, 0), r.app_id, error);
    if (err == ERR_OK)
        err = insert_repository(session->pg, &r, error);
    if (err == ERR_OK)
        err = insert_link(session->pg, &r, error);
    if (session->pg != NULL)
        pg_abort(session->pg);
    if (err == ERR_OK)
        show_registration(session, &r);
    buf_fini(&r.owner);
    buf_fini(&r.name);
    buf_fini(&r.token);
    return err;
}

/* ---- remove-repository
 * --------------------------------------------------------------------------------------------------- */

/* The repository goes with its last link; in a transaction of its own, for a checkpoint locks the link first. */
static enum err delete_unused(struct pg *pg, const char *repository_id, struct err_info *error)
{
    struct pg_batch *batch = pg_batch_new();
    pg_batch_add(batch, &sql_queue_begin);
    pg_arg_text(pg_batch_add(batch, &sql_producer_repository_lock), repository_id);
    pg_arg_text(pg_batch_add(batch, &sql_producer_repository_delete_unused), repository_id);
    pg_batch_add(batch, &sql_queue_commit);
    enum err err = pg_batch_run(pg, batch, error);
    pg_abort(pg);
    pg_batch_drop(batch);
    return err;
}

enum err run_remove_repository(struct session *session, struct err_info *error)
{
    char app_id[ID_MAX], repository_id[ID_MAX];
    struct buf question = BUF_INIT;
    enum err err = session_postgres(session, error);
    if (err == ERR_OK)
        err = lookup_app(session, session_word(session, 0), app_id, error);
    if (err == ERR_OK)
        err = lookup_repository(session, app_id, session_word(session, 1), repository_id, error);
    if (err == ERR_OK) {
        buf_addf(&question, "This will end the app's watch over %s, and forget what it was sent of it.",
                 session_word(session, 1));
        err = session_confirm(session, question.data, error);
    }
    if (err == ERR_OK)
        err = removal_remove(session->pg, app_id, repository_id, error);
    if (err == ERR_OK)
        err = delete_unused(session->pg, repository_id, error);
    if (err == ERR_OK)
        removal_show(session, app_id, repository_id);
    buf_fini(&question);
    return err;
}
