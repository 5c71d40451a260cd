/*
 * Apps: the receivers of deliveries. A base URL is checked by the rules of http_rules.c and the address list before it
 * is written, and the key is sealed here: it must never be stored or shown otherwise. Called by the command line and
 * the API.
 */
#include "common/registry/app.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/base/utf8.h"
#include "common/store/http.h"
#include "embedded/sql_registry.h"
#include "embedded/sql_session.h"

#define NAME_MAX_BYTES 200
#define TEXT_MAX_BYTES 2000
#define KEY_RANDOM_BYTES 36 /* 48 characters of base 64, without padding */
#define SQLSTATE_UNIQUE "23505"

static enum err check_text(const char *what, const char *text, size_t most, struct err_info *error)
{
    char shown[4 * TEXT_MAX_BYTES + 1];
    size_t len = text == NULL ? 0 : strlen(text);
    if (len > most)
        return err_set(error, ERR_USAGE, "the %s has %zu bytes; it may have %zu", what, len, most);
    if (len > 0 && (printable_copy(shown, sizeof shown, text, len) != len || strcmp(shown, text) != 0))
        return err_set(error, ERR_USAGE, "the %s holds a control character: %s", what, text);
    return ERR_OK;
}

enum err app_check(const struct app *app, struct err_info *error)
{
    const struct {
        const char *what, *text;
        size_t most;
    } texts[] = {{"name", app->name, NAME_MAX_BYTES},
                 {"e-mail address", app->email, TEXT_MAX_BYTES},
                 {"website", app->website, TEXT_MAX_BYTES},
                 {"description", app->description, TEXT_MAX_BYTES}};
    enum err err = ERR_OK;
    for (size_t i = 0; i < sizeof texts / sizeof *texts && err == ERR_OK; i++)
        err = check_text(texts[i].what, texts[i].text, texts[i].most, error);
    if (err == ERR_OK && *app->name == '\0')
        err = err_set(error, ERR_USAGE, "the name is empty");
    if (err == ERR_OK && app->app_id[0] != '\0' && !id_is_app(app->app_id))
        err = err_set(error, ERR_USAGE, "\"%s\" is no app's id: app_ and 24 hex digits", app->app_id);
    return err;
}

enum err app_check_url(const struct app *app, const char *allow_private, struct err_info *error)
{
    struct address_list *allowed = NULL;
    enum err err = address_list_parse(allow_private, &allowed, error);
    if (err == ERR_OK)
        err = http_check_base_url(app->base_url, allowed, error);
    if (err == ERR_OK)
        err = http_check_base_host(app->base_url, allowed, error);
    address_list_drop(allowed);
    return err;
}

char *app_new_key(void)
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

static const char *or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

static enum err insert(struct pg *pg, const struct app *app, const char *sealed, struct err_info *error)
{
    struct pg_batch *batch = pg_batch_new();
    pg_batch_add(batch, &sql_session_begin);
    pg_batch_add(batch, &sql_registry_apps_lock);
    struct pg_args *args = pg_batch_add(batch, &sql_registry_app_insert);
    pg_arg_text(args, app->app_id);
    pg_arg_text(args, app->name);
    pg_arg_text(args, app->base_url);
    pg_arg_text(args, or_empty(app->email));
    pg_arg_text(args, or_empty(app->website));
    pg_arg_text(args, or_empty(app->description));
    pg_arg_text(args, sealed);
    pg_batch_add(batch, &sql_session_commit);
    enum err err = pg_batch_run(pg, batch, error);
    if (err != ERR_OK && strcmp(error->sqlstate, SQLSTATE_UNIQUE) == 0)
        err = err_set(error, ERR_CONFLICT, "there is an app %s already", app->app_id);
    else if (err == ERR_OK && pg_rows(pg_batch_result(batch, 2)) == 0)
        err = err_set(error, ERR_CONFLICT, "there is an app called \"%s\" already", app->name);
    pg_abort(pg);
    pg_batch_drop(batch);
    return err;
}

enum err app_register(struct pg *pg, struct app *app, const char *key, const struct crypto_keys *keys,
                      struct err_info *error)
{
    struct buf sealed = BUF_INIT;
    if (app->app_id[0] == '\0')
        id_app(app->app_id);
    const struct crypto_place place = CRYPTO_KEY_OF_APP(app->app_id);
    enum err err = crypto_seal_at(keys, &place, key, &sealed, error);
    if (err == ERR_OK)
        err = insert(pg, app, sealed.data, error);
    buf_fini(&sealed);
    return err;
}

enum err app_replace_key(struct pg *pg, const char *app_id, const char *key, const struct crypto_keys *keys,
                         char **name, struct err_info *error)
{
    const struct crypto_place place = CRYPTO_KEY_OF_APP(app_id);
    struct buf sealed = BUF_INIT;
    PGresult *result = NULL;
    struct pg_args *args = pg_args_new();
    enum err err = crypto_seal_at(keys, &place, key, &sealed, error);
    if (err == ERR_OK) {
        pg_arg_text(args, app_id);
        pg_arg_text(args, sealed.data);
        err = pg_exec(pg, &sql_registry_app_replace_key, args, &result, error);
    }
    if (err == ERR_OK && pg_rows(result) == 0)
        err = err_set(error, ERR_NOT_FOUND, "there is no app %s", app_id);
    if (err == ERR_OK)
        *name = mem_strdup(pg_text(result, 0, 0));
    PQclear(result);
    pg_args_drop(args);
    buf_fini(&sealed);
    return err;
}
