/* Client apps: the list, registration, removal. */
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/printable.h"
#include "common/query/apps.h"
#include "common/store/http.h"
#include "embedded/sql.h"
#include "producer/list.h"
#include "producer/lookup.h"
#include "producer/out.h"
#include "producer/removal.h"

#define NAME_MAX_BYTES 200
#define TEXT_MAX_BYTES 2000
#define KEY_LEAST 16
#define KEY_MOST 500
#define KEY_RANDOM_BYTES 36 /* 48 characters of base 64, without padding */

enum err run_apps(struct session *session, struct err_info *error)
{
    static const struct list_column columns[] = {
        {"APP", "app_id", LIST_TEXT},
        {"NAME", "app_name", LIST_TEXT},
        {"REPOSITORIES", "repositories", LIST_CAPPED},
        {"FAILED", "failed_repositories", LIST_CAPPED},
        {"REGISTERED", "created_ago_ms", LIST_AGO},
        {"SENDS TO", "base_url", LIST_TEXT},
        {NULL, NULL, LIST_TEXT},
    };
    static const struct list list = {columns, "There are no apps; to register one: producer add-app NAME URL"};
    return list_run(session, apps_list, NULL, &list, error);
}

/* ---- add-app
 * --------------------------------------------------------------------------------------------------------- */

static enum err check_text(const char *what, const char *text, size_t most, struct err_info *error)
{
    char shown[4 * TEXT_MAX_BYTES + 1];
    size_t len = text == NULL ? 0 : strlen(text);
    if (len > most)
        return err_set(error, ERR_USAGE, "%s has %zu bytes; it may have %zu", what, len, most);
    if (len > 0 && (printable_copy(shown, sizeof shown, text, len) != len || strcmp(shown, text) != 0))
        return err_set(error, ERR_USAGE, "%s holds a control character: %s", what, text);
    return ERR_OK;
}

static enum err check_app(struct session *session, struct err_info *error)
{
    const char *const *values = session->arguments.values;
    struct address_list *allowed = NULL;
    enum err err = check_text("the name", session_word(session, 0), NAME_MAX_BYTES, error);
    if (err == ERR_OK && *session_word(session, 0) == '\0')
        err = err_set(error, ERR_USAGE, "the name is empty");
    if (err == ERR_OK)
        err = check_text("--email", values[OPTION_EMAIL], TEXT_MAX_BYTES, error);
    if (err == ERR_OK)
        err = check_text("--website", values[OPTION_WEBSITE], TEXT_MAX_BYTES, error);
    if (err == ERR_OK)
        err = check_text("--description", values[OPTION_DESCRIPTION], TEXT_MAX_BYTES, error);
    if (err == ERR_OK && values[OPTION_APP_ID] != NULL && !id_is_app(values[OPTION_APP_ID]))
        err = err_set(error, ERR_USAGE, "--app-id: \"%s\" is not app_ and 24 hex digits", values[OPTION_APP_ID]);
    if (err == ERR_OK)
        err = address_list_parse(session->config.deliver_allow_private, &allowed, error);
    if (err == ERR_OK)
        err = http_check_base_url(session_word(session, 1), allowed, error);
    address_list_drop(allowed);
    return err;
}

static char *new_key(void)
{
    uint8_t random[KEY_RANDOM_BYTES];
    struct buf key = BUF_INIT;
    id_random(random, sizeof random);
    crypto_add_base64(&key, random, sizeof random);
    for (size_t i = 0; i < key.len; i++)
        key.data[i] = key.data[i] == '+' ? '-' : key.data[i] == '/' ? '_' : key.data[i];
    crypto_wipe(random, sizeof random);
    return buf_take(&key);
}

static enum err seal(const struct session *session, const char *plain, struct buf *sealed, struct err_info *error)
{
    struct crypto_keys keys = {0};
    enum err err = session_keys(session, &keys, error);
    if (err == ERR_OK)
        err = crypto_seal(&keys, plain, strlen(plain), sealed, error);
    crypto_wipe(&keys, sizeof keys);
    return err;
}

static const char *or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

static enum err insert(struct session *session, const char *app_id, const char *sealed, struct err_info *error)
{
    const char *const *values = session->arguments.values;
    struct pg_batch *batch = pg_batch_new();
    pg_batch_add(batch, &sql_queue_begin);
    pg_batch_add(batch, &sql_producer_apps_lock);
    struct pg_args *args = pg_batch_add(batch, &sql_producer_app_insert);
    pg_arg_text(args, app_id);
    pg_arg_text(args, session_word(session, 0));
    pg_arg_text(args, session_word(session, 1));
    pg_arg_text(args, or_empty(values[OPTION_EMAIL]));
    pg_arg_text(args, or_empty(values[OPTION_WEBSITE]));
    pg_arg_text(args, or_empty(values[OPTION_DESCRIPTION]));
    pg_arg_text(args, sealed);
    pg_batch_add(batch, &sql_queue_commit);
    enum err err = pg_batch_run(session->pg, batch, error);
    if (err != ERR_OK && strcmp(error->sqlstate, "23505") == 0)
        err = err_set(error, ERR_CONFLICT, "there is an app %s already", app_id);
    else if (err == ERR_OK && pg_rows(pg_batch_result(batch, 2)) == 0)
        err = err_set(error, ERR_CONFLICT, "there is an app called \"%s\" already; see: producer apps",
                      session_word(session, 0));
    pg_abort(session->pg);
    pg_batch_drop(batch);
    return err;
}

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

enum err run_add_app(struct session *session, struct err_info *error)
{
    char app_id[ID_MAX], *key = NULL;
    struct buf sealed = BUF_INIT;
    bool given = session_has(session, OPTION_KEY_STDIN);
    id_app(app_id);
    if (session_has(session, OPTION_APP_ID))
        snprintf(app_id, sizeof app_id, "%s", session->arguments.values[OPTION_APP_ID]);
    enum err err = check_app(session, error);
    if (err == ERR_OK && given)
        err = session_read_secret("the key", KEY_LEAST, KEY_MOST, &key, error);
    else if (err == ERR_OK)
        key = new_key();
    if (err == ERR_OK)
        err = seal(session, key, &sealed, error);
    if (err == ERR_OK)
        err = session_postgres(session, error);
    if (err == ERR_OK)
        err = insert(session, app_id, sealed.data, error);
    if (err == ERR_OK)
        show_app(session, app_id, given ? NULL : key);
    drop_secret(key);
    buf_fini(&sealed);
    return err;
}

/* ---- remove-app
 * -------------------------------------------------------------------------------------------------------- */

static enum err ask(struct session *session, const char *app_id, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, app_id);
    PGresult *result = NULL;
    struct buf question = BUF_INIT;
    enum err err = pg_exec(session->pg, &sql_producer_app_summary, args, &result, error);
    if (err == ERR_OK && pg_rows(result) == 0)
        err = err_set(error, ERR_NOT_FOUND, "there is no app %s", app_id);
    if (err == ERR_OK) {
        int64_t links = pg_int8(result, 0, 1);
        buf_addf(&question,
                 "This will remove the app %s (%s) with its %lld%s repositories, and forget what it was sent.",
                 pg_text(result, 0, 0), app_id, (long long)links, links == APPS_COUNTED_MAX ? " or more" : "");
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
        err = removal_remove(session->pg, app_id, NULL, error);
    if (err == ERR_OK)
        removal_show(session, app_id, NULL);
    return err;
}
