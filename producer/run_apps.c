/* Client apps: the list, registration, removal. */
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/query/apps.h"
#include "common/registry/app.h"
#include "common/registry/watch.h"
#include "embedded/sql_registry.h"
#include "producer/list.h"
#include "producer/lookup.h"
#include "producer/out.h"
#include "producer/removal.h"

enum err run_apps(struct session *session, struct err_info *error)
{
    static const struct list_column columns[] = {
        {"APP", "app_id", CELL_TEXT},
        {"NAME", "app_name", CELL_TEXT},
        {"REPOSITORIES", "repositories", CELL_NUMBER},
        {"FAILED", "failed_repositories", CELL_NUMBER},
        {"REGISTERED", "created_ago_ms", CELL_AGO},
        {"SENDS TO", "base_url", CELL_TEXT},
        {NULL, NULL, CELL_TEXT},
    };
    static const struct list list = {columns, "There are no apps; to register one: producer add-app NAME URL"};
    return list_run(session, apps_list, NULL, &list, error);
}

/* ---- add-app --------------------------------------------------------------------------------------------------- */

/* A key that was given is not repeated: whoever gave it has it. */
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

/* ---- remove-app ------------------------------------------------------------------------------------------------ */

static enum err ask(struct session *session, const char *app_id, struct err_info *error)
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
        err = lookup_app(session, session_word(session, 0), app_id, error);
    if (err == ERR_OK)
        err = ask(session, app_id, error);
    if (err == ERR_OK)
        err = watch_remove(session->pg, app_id, NULL, error);
    if (err == ERR_OK)
        removal_show(session, app_id, NULL);
    return err;
}
