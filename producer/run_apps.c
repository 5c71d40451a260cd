/*
 * Client apps and the repositories that they watch: the lists, registration, removal. The rules are in common/registry;
 * secrets come from stdin and never stand among the arguments. Called by the table of commands (commands.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/query/apps.h"
#include "common/registry/app.h"
#include "common/registry/watch.h"
#include "embedded/sql_registry.h"
#include "producer/out.h"
#include "producer/session.h"
#include "producer/table.h"

/* Says that it is done. `repository_id` may be NULL. */
static void show_removed(const struct session *session, const char *app_id, const char *repository_id)
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

/* ---- apps -------------------------------------------------------------------------------------------------------- */

enum err run_apps(struct session *session, struct err_info *error)
{
    static const struct list_column columns[] = {
        {"APP", "app_id", FORMAT_TEXT},
        {"NAME", "app_name", FORMAT_TEXT},
        {"REPOSITORIES", "repositories", FORMAT_NUMBER},
        {"FAILED", "failed_repositories", FORMAT_NUMBER},
        {"REGISTERED", "created_ago_ms", FORMAT_AGO},
        {"SENDS TO", "base_url", FORMAT_TEXT},
        {NULL, NULL, FORMAT_TEXT},
    };
    static const struct list list = {columns, "There are no apps; to register one: producer add-app NAME URL"};
    return list_run(session, apps_list, NULL, &list, error);
}

/* ---- add-app --------------------------------------------------------------------------------------------------- */

/* A key that came from stdin is not printed: the person has it. */
static void show_app(const struct session *session, const char *app_id, const char *made_key)
{
    if (session->json) {
        struct json_object *document = json_object_new_object();
        json_object_object_add(document, "app_id", json_object_new_string(app_id));
        json_object_object_add(document, "app_name", json_object_new_string(session_word(session, 0)));
        json_object_object_add(document, "base_url", json_object_new_string(session_word(session, 1)));
        json_object_object_add(document, "client_auth_key", made_key == NULL ? NULL : json_object_new_string(made_key));
        out_json(document);
        return;
    }
    out_line("app_id           %s", app_id);
    if (made_key != NULL) {
        out_line("client_auth_key  %s", made_key);
        out_note("Give the key to the app now: it is stored sealed and not shown again.");
    }
    out_note("Next: producer add-repository %s URL", app_id);
}

static void drop_secret(char *secret)
{
    if (secret != NULL)
        crypto_wipe(secret, strlen(secret));
    free(secret);
}

static enum err key_of(const struct session *session, char **key, struct err_info *error)
{
    if (session_has(session, OPTION_KEY_STDIN))
        return session_read_secret("the key", APP_KEY_LEAST, APP_KEY_MOST, key, error);
    *key = app_new_key();
    return ERR_OK;
}

enum err run_add_app(struct session *session, struct err_info *error)
{
    const char *const *values = session->arguments.values;
    struct crypto_keys keys = {0};
    char *key = NULL;
    struct app app = {.name = session_word(session, 0),
                      .base_url = session_word(session, 1),
                      .email = values[OPTION_EMAIL],
                      .website = values[OPTION_WEBSITE],
                      .description = values[OPTION_DESCRIPTION]};
    if (session_has(session, OPTION_APP_ID))
        snprintf(app.app_id, sizeof app.app_id, "%s", values[OPTION_APP_ID]);
    enum err err = app_check(&app, error);
    if (err == ERR_OK)
        err = app_check_url(&app, session->config.deliver_allow_private, error);
    if (err == ERR_OK)
        err = key_of(session, &key, error);
    if (err == ERR_OK)
        err = session_keys(session, &keys, error);
    if (err == ERR_OK)
        err = session_postgres(session, error);
    if (err == ERR_OK)
        err = app_register(session->pg, &app, key, &keys, error);
    if (err == ERR_OK)
        show_app(session, app.app_id, session_has(session, OPTION_KEY_STDIN) ? NULL : key);
    crypto_wipe(&keys, sizeof keys);
    drop_secret(key);
    return err;
}

/* ---- rotate-key ------------------------------------------------------------------------------------------------ */

static void show_key(const struct session *session, const char *app_id, const char *name, const char *made_key)
{
    if (session->json) {
        struct json_object *document = json_object_new_object();
        json_object_object_add(document, "app_id", json_object_new_string(app_id));
        json_object_object_add(document, "app_name", json_object_new_string(name));
        json_object_object_add(document, "client_auth_key", made_key == NULL ? NULL : json_object_new_string(made_key));
        out_json(document);
        return;
    }
    if (made_key != NULL)
        out_line("client_auth_key  %s", made_key);
    out_note("Requests to %s are signed with the new key from now on; it refuses them until it knows that key.", name);
}

enum err run_rotate_key(struct session *session, struct err_info *error)
{
    struct crypto_keys keys = {0};
    char app_id[ID_MAX], *key = NULL, *name = NULL;
    enum err err = session_postgres(session, error);
    if (err == ERR_OK)
        err = name_lookup_app(session, session_word(session, 0), app_id, error);
    if (err == ERR_OK)
        err = session_keys(session, &keys, error);
    if (err == ERR_OK)
        err = session_confirm(session, "The app refuses all requests until it knows its new key.", error);
    if (err == ERR_OK)
        err = key_of(session, &key, error);
    if (err == ERR_OK)
        err = app_replace_key(session->pg, app_id, key, &keys, &name, error);
    if (err == ERR_OK)
        show_key(session, app_id, name, session_has(session, OPTION_KEY_STDIN) ? NULL : key);
    crypto_wipe(&keys, sizeof keys);
    drop_secret(key);
    free(name);
    return err;
}

/* ---- remove-app ------------------------------------------------------------------------------------------------ */

static enum err confirm_removal(struct session *session, const char *app_id, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, app_id);
    PGresult *result = NULL;
    struct buf question = BUF_INIT;
    enum err err = pg_exec(session->pg, &sql_registry_app_summary, args, &result, error);
    if (err == ERR_OK && pg_rows(result) == 0)
        err = err_set(error, ERR_NOT_FOUND, "there is no app %s", app_id);
    if (err == ERR_OK) {
        int64_t links = pg_int8(result, 0, 1);
        buf_addf(&question, "This will remove the app %s (%s) with its %lld repositories, and forget what it was sent.",
                 pg_text(result, 0, 0), app_id, (long long)links);
        err = session_confirm(session, question.data, error);
    }
    buf_fini(&question);
    PQclear(result);
    pg_args_drop(args);
    return err;
}

enum err run_remove_app(struct session *session, struct err_info *error)
{
    char app_id[ID_MAX];
    enum err err = session_postgres(session, error);
    if (err == ERR_OK)
        err = name_lookup_app(session, session_word(session, 0), app_id, error);
    if (err == ERR_OK)
        err = confirm_removal(session, app_id, error);
    if (err == ERR_OK)
        err = watch_remove(session->pg, app_id, NULL, error);
    if (err == ERR_OK)
        show_removed(session, app_id, NULL);
    return err;
}
/* ---- repositories ---------------------------------------------------------------------------------------------- */

enum err run_repositories(struct session *session, struct err_info *error)
{
    static const struct list_column columns[] = {
        {"REPOSITORY", "repository_id", FORMAT_TEXT},
        {"NAME", "repository", FORMAT_TEXT},
        {"APP", "app_name", FORMAT_TEXT},
        {"STATUS", "status", FORMAT_TEXT},
        {"FILES", "files", FORMAT_NUMBER},
        {"SIZE", "bytes", FORMAT_BYTES},
        {"SCANNED", "scanned_ago_ms", FORMAT_AGO},
        {"ERROR", "last_error", FORMAT_TEXT},
        {NULL, NULL, FORMAT_TEXT},
    };
    static const struct list list = {columns,
                                     "No repository is watched; to watch one: producer add-repository APP URL"};
    char app_id[ID_MAX];
    const char *app = session_word(session, 0);
    enum err err = app == NULL ? ERR_OK : session_postgres(session, error);
    if (err == ERR_OK && app != NULL)
        err = name_lookup_app(session, app, app_id, error);
    if (err != ERR_OK)
        return err;
    bool only_failed = session_has(session, OPTION_FAILED);
    const struct list_also also[LIST_ALSO_MAX] = {{"app_id", app == NULL ? NULL : app_id},
                                                  {only_failed ? "status" : NULL, "failed"}};
    return list_run(session, links_list, also, &list, error);
}

/* ---- add-repository -------------------------------------------------------------------------------------------- */

static void show_watch(const struct session *session, const struct watch *watch)
{
    if (!session->json) {
        out_line("repository_id  %s", watch->repository_id);
        out_note("Its files are sent with the next scan, or at once: producer resync %s %s", watch->app_id,
                 watch->repository_id);
        return;
    }
    out_json(watch_json(watch));
}

enum err run_add_repository(struct session *session, struct err_info *error)
{
    struct watch watch = {.url = session_word(session, 1), .branch = session->arguments.values[OPTION_BRANCH]};
    struct crypto_keys keys = {0};
    char *token = NULL;
    enum err err = watch_check(&watch, &session->config, error);
    if (err == ERR_OK && session_has(session, OPTION_TOKEN_STDIN)) {
        err = session_read_secret("the token", WATCH_TOKEN_LEAST, WATCH_TOKEN_MOST, &token, error);
        if (err == ERR_OK)
            err = session_keys(session, &keys, error);
    }
    watch.token = token;
    if (err == ERR_OK)
        err = session_postgres(session, error);
    if (err == ERR_OK)
        err = name_lookup_app(session, session_word(session, 0), watch.app_id, error);
    if (err == ERR_OK)
        err = watch_register(session->pg, &watch, &keys, error);
    if (err == ERR_OK)
        show_watch(session, &watch);
    crypto_wipe(&keys, sizeof keys);
    if (token != NULL)
        crypto_wipe(token, strlen(token));
    free(token);
    watch_fini(&watch);
    return err;
}

/* ---- remove-repository ----------------------------------------------------------------------------------------- */

enum err run_remove_repository(struct session *session, struct err_info *error)
{
    char app_id[ID_MAX], repository_id[ID_MAX];
    struct buf question = BUF_INIT;
    enum err err = session_postgres(session, error);
    if (err == ERR_OK)
        err = name_lookup_app(session, session_word(session, 0), app_id, error);
    if (err == ERR_OK)
        err = name_lookup_repository(session, app_id, session_word(session, 1), repository_id, error);
    if (err == ERR_OK) {
        buf_addf(&question, "This will end the app's watch over %s, and forget what it was sent of it.",
                 session_word(session, 1));
        err = session_confirm(session, question.data, error);
    }
    if (err == ERR_OK)
        err = watch_remove(session->pg, app_id, repository_id, error);
    if (err == ERR_OK)
        show_removed(session, app_id, repository_id);
    buf_fini(&question);
    return err;
}
