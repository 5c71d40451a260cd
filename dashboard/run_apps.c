/*
 * Registers and removes client apps, and the repositories that they watch. Names, URLs and keys are checked by the
 * rules of common/registry, which the command line uses as well; a key is sealed before it is stored, and a key that
 * was made here is shown once, in the answer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/log.h"
#include "common/registry/app.h"
#include "common/registry/watch.h"
#include "dashboard/call.h"
#include "dashboard/run.h"
#include "embedded/sql_registry.h"

#define TEXT_MOST 8000 /* a shorter limit of a single field is checked where the field is */

/* The texts of a body, by name: NULL where one is absent. */
static enum err read_texts(struct json_object *body, const char *const *keys, const char **texts,
                           struct err_info *error)
{
    enum err err = ERR_OK;
    for (size_t i = 0; keys[i] != NULL && err == ERR_OK; i++)
        err = call_text(body, keys[i], TEXT_MOST, &texts[i], error);
    return err;
}

static enum err key_required(const struct crypto_keys *keys, struct call *call, struct err_info *error)
{
    return keys->has_current
               ? ERR_OK
               : call_refuse(call, 503, error, "encryption.key is not set here: secrets cannot be sealed");
}

/* ---- apps -------------------------------------------------------------------------------------------------------- */

/* A key that was given is not repeated; one that was made is shown this once. */
static void reply_app(struct call *call, const struct app *app, const char *made_key)
{
    struct json_object *json = json_object_new_object();
    json_object_object_add(json, "app_id", json_object_new_string(app->app_id));
    json_object_object_add(json, "app_name", json_object_new_string(app->name));
    json_object_object_add(json, "base_url", json_object_new_string(app->base_url));
    json_object_object_add(json, "client_auth_key", made_key == NULL ? NULL : json_object_new_string(made_key));
    call_reply(call, 201, json);
    log_info("app %s was registered by %s", app->app_id, call->caller.name);
}

static enum err check_key(const char *key, struct err_info *error)
{
    size_t len = key == NULL ? APP_KEY_LEAST : strlen(key);
    if (len >= APP_KEY_LEAST && len <= APP_KEY_MOST)
        return ERR_OK;
    return err_set(error, ERR_USAGE, "client_auth_key must have %d to %d characters", APP_KEY_LEAST, APP_KEY_MOST);
}

static enum err check_app(struct call *call, const struct app *app, const char *key, struct err_info *error)
{
    const struct call_pool *pool = call->executor->pool;
    if (app->name == NULL || app->base_url == NULL)
        return err_set(error, ERR_USAGE, "app_name and base_url are required");
    enum err err = check_key(key, error);
    if (err == ERR_OK)
        err = app_check(app, error);
    if (err == ERR_OK)
        err = key_required(pool->keys, call, error);
    if (err != ERR_OK)
        return err;
    err = app_check_url(app, call_pool_config(pool)->deliver_allow_private, error);
    if (err != ERR_OK)
        call->refusal = 422;
    return err;
}

enum err run_add_app(struct call *call, struct err_info *error)
{
    static const char *const keys[] = {"app_name", "base_url",    "email",           "website",
                                       "app_id",   "description", "client_auth_key", NULL};
    const char *texts[sizeof keys / sizeof *keys] = {NULL};
    struct json_object *body = NULL;
    enum err err = call_body(call, keys, &body, error);
    if (err == ERR_OK)
        err = read_texts(body, keys, texts, error);
    struct app app = {
        .name = texts[0], .base_url = texts[1], .email = texts[2], .website = texts[3], .description = texts[5]};
    if (texts[4] != NULL)
        snprintf(app.app_id, sizeof app.app_id, "%s", texts[4]);
    if (err == ERR_OK)
        err = check_app(call, &app, texts[6], error);
    char *made = err == ERR_OK && texts[6] == NULL ? app_new_key() : NULL;
    if (err == ERR_OK)
        err = app_register(call->executor->pg, &app, made != NULL ? made : texts[6], call->executor->pool->keys, error);
    if (err == ERR_OK)
        reply_app(call, &app, made);
    if (made != NULL)
        crypto_wipe(made, strlen(made));
    free(made);
    json_object_put(body);
    return err;
}

/* As where an app is registered: a key that was given is not repeated, one that was made is shown this once. */
enum err run_replace_key(struct call *call, struct err_info *error)
{
    static const char *const keys[] = {"client_auth_key", NULL};
    const char *given = NULL, *app_id = call_value(call, "app_id");
    const struct crypto_keys *sealing = call->executor->pool->keys;
    struct json_object *body = NULL;
    char *name = NULL;
    enum err err = call_body(call, keys, &body, error);
    if (err == ERR_OK)
        err = call_text(body, keys[0], TEXT_MOST, &given, error);
    if (err == ERR_OK)
        err = check_key(given, error);
    if (err == ERR_OK)
        err = key_required(sealing, call, error);
    char *made = given == NULL ? app_new_key() : NULL;
    if (err == ERR_OK)
        err = app_replace_key(call->executor->pg, app_id, made != NULL ? made : given, sealing, &name, error);
    if (err == ERR_OK) {
        struct json_object *json = json_object_new_object();
        json_object_object_add(json, "app_id", json_object_new_string(app_id));
        json_object_object_add(json, "app_name", json_object_new_string(name));
        json_object_object_add(json, "client_auth_key", made == NULL ? NULL : json_object_new_string(made));
        call_reply(call, 200, json);
        log_info("the key of app %s was replaced by %s", app_id, call->caller.name);
    }
    if (made != NULL)
        crypto_wipe(made, strlen(made));
    free(made);
    free(name);
    json_object_put(body);
    return err;
}

/* Name and number of links of an app; ERR_NOT_FOUND. */
static enum err app_summary(struct call *call, struct json_object *json, struct err_info *error)
{
    const char *app_id = call_value(call, "app_id");
    struct pg_args *args = pg_args_new();
    PGresult *result = NULL;
    pg_arg_text(args, app_id);
    enum err err = pg_exec(call->executor->pg, &sql_registry_app_summary, args, &result, error);
    if (err == ERR_OK && pg_rows(result) == 0)
        err = err_set(error, ERR_NOT_FOUND, "there is no app %s", app_id);
    if (err == ERR_OK) {
        json_object_object_add(json, "app_id", json_object_new_string(app_id));
        json_object_object_add(json, "app_name", json_object_new_string(pg_text(result, 0, 0)));
        json_object_object_add(json, "repositories", json_object_new_int64(pg_int8(result, 0, 1)));
    }
    PQclear(result);
    pg_args_drop(args);
    return err;
}

enum err run_remove_app(struct call *call, struct err_info *error)
{
    struct json_object *json = json_object_new_object();
    json_object_object_add(json, "removed", json_object_new_boolean(1));
    enum err err = app_summary(call, json, error);
    if (err == ERR_OK)
        err = watch_remove(call->executor->pg, call_value(call, "app_id"), NULL, error);
    if (err == ERR_OK) {
        call_reply(call, 200, json_object_get(json));
        log_info("app %s was removed by %s", call_value(call, "app_id"), call->caller.name);
    }
    json_object_put(json);
    return err;
}

/* ---- what they watch --------------------------------------------------------------------------------------------- */

static enum err check_watch(struct call *call, struct watch *watch, struct err_info *error)
{
    const struct call_pool *pool = call->executor->pool;
    const char *app_id = call_value(call, "app_id");
    if (watch->url == NULL)
        return err_set(error, ERR_USAGE, "url is required");
    if (!id_is_app(app_id))
        return err_set(error, ERR_NOT_FOUND, "there is no app %s", app_id);
    if (watch->token != NULL && strlen(watch->token) > WATCH_TOKEN_MOST)
        return err_set(error, ERR_USAGE, "token is too long: at most %d characters", WATCH_TOKEN_MOST);
    snprintf(watch->app_id, sizeof watch->app_id, "%s", app_id);
    enum err err = watch->token == NULL ? ERR_OK : key_required(pool->keys, call, error);
    if (err != ERR_OK)
        return err;
    err = watch_check(watch, call_pool_config(pool), error);
    if (err != ERR_OK)
        call->refusal = 422;
    return err;
}

enum err run_add_repository(struct call *call, struct err_info *error)
{
    static const char *const keys[] = {"url", "branch", "token", NULL};
    const char *texts[sizeof keys / sizeof *keys] = {NULL};
    struct json_object *body = NULL;
    enum err err = call_body(call, keys, &body, error);
    if (err == ERR_OK)
        err = read_texts(body, keys, texts, error);
    struct watch watch = {.url = texts[0], .branch = texts[1], .token = texts[2]};
    if (err == ERR_OK)
        err = check_watch(call, &watch, error);
    if (err == ERR_OK)
        err = watch_register(call->executor->pg, &watch, call->executor->pool->keys, error);
    if (err == ERR_OK)
        call_reply(call, 201, watch_json(&watch));
    watch_fini(&watch);
    json_object_put(body);
    return err;
}

enum err run_remove_repository(struct call *call, struct err_info *error)
{
    const char *app_id = call_value(call, "app_id"), *repository_id = call_value(call, "repository_id");
    struct json_object *json = json_object_new_object();
    enum err err = app_summary(call, json, error);
    json_object_put(json);
    if (err == ERR_OK)
        err = watch_remove(call->executor->pg, app_id, repository_id, error);
    if (err != ERR_OK)
        return err;
    json = json_object_new_object();
    json_object_object_add(json, "removed", json_object_new_boolean(1));
    json_object_object_add(json, "app_id", json_object_new_string(app_id));
    json_object_object_add(json, "repository_id", json_object_new_string(repository_id));
    call_reply(call, 200, json);
    return ERR_OK;
}
