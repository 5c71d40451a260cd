/*
 * Logging in and out, and who asks (GET session). A login costs an address one of its tries before anything else is
 * looked at (login_throttle.h), then a hash of the password whatever the name; it runs in a lane of its own, because a
 * hash takes 32 MiB and about 80 ms.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/json.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "dashboard/call.h"
#include "dashboard/login_throttle.h"
#include "dashboard/password.h"
#include "dashboard/request_headers.h"
#include "dashboard/run.h"
#include "dashboard/session.h"

#define NAME_MOST 200

/* The name is compared in constant time too, and the password is hashed whatever the name. */
static bool login_is_right(const struct config *config, const char *name, const char *password)
{
    uint8_t given[SHA256_BYTES], wanted[SHA256_BYTES];
    assert(name != NULL && password != NULL);
    crypto_sha256(name, strlen(name), given);
    crypto_sha256(config->dashboard_user, strlen(config->dashboard_user), wanted);
    bool password_right = password_matches(password, config->dashboard_password_hash);
    return crypto_equal(given, wanted, sizeof given) && password_right;
}

static enum err login_delay(struct call *call, int64_t wait_ms, struct err_info *error)
{
    call->reply.retry_after_s = (wait_ms + CLOCK_MS_PER_S - 1) / CLOCK_MS_PER_S;
    return call_refuse(call, 429, error, "too many tries; wait %lld s", (long long)call->reply.retry_after_s);
}

static enum err login_check(struct call *call, const char *name, const char *password, struct err_info *error)
{
    struct call_pool *pool = call->executor->pool;
    int64_t wait_ms = 0;
    enum login_throttle_result how =
        login_throttle_name(pool->throttle, call->address, name, clock_mono_ms(), &wait_ms);
    if (how == LOGIN_THROTTLE_WAIT)
        return login_delay(call, wait_ms, error);
    if (login_is_right(call_pool_config(pool), name, password)) {
        login_throttle_forgive(pool->throttle, call->address, name);
        return ERR_OK;
    }
    log_warn("a login from %s was refused", call->address);
    return how == LOGIN_THROTTLE_ONCE ? login_delay(call, wait_ms, error)
                                      : call_refuse(call, 401, error, "the name or the password is wrong");
}

static enum err open_session(struct call *call, const char *name, struct err_info *error)
{
    char token[SESSION_TOKEN_HEX + 1];
    enum err err = session_open(call, name, token, error);
    if (err != ERR_OK)
        return err;
    struct json_object *json = json_object_new_object();
    json_object_object_add(json, "success", json_object_new_boolean(1));
    json_object_object_add(json, "username", json_object_new_string(name));
    json_object_object_add(json, "token", json_object_new_string(token));
    json_object_object_add(json, "expires_at", json_object_new_string(call->caller.expires_at));
    call->reply.cookie = session_cookie_text(call, token, session_life_s(call));
    call_reply(call, 200, json);
    log_info("%s logged in from %s", name, call->address);
    crypto_wipe(token, sizeof token);
    return ERR_OK;
}

enum err run_login(struct call *call, struct err_info *error)
{
    static const char *const keys[] = {"username", "password", NULL};
    const struct config *config = call_config(call);
    struct json_object *body = NULL;
    const char *name = NULL, *password = NULL;
    int64_t wait_ms = 0;
    if (*config->dashboard_password_hash == '\0')
        return call_refuse(call, 503, error,
                           "logging in is disabled: dashboard.password_hash is not set (dashboard "
                           "hash-password makes one)");
    if (!session_cookie_is_kept(call))
        return call_refuse(call, 403, error,
                           "this page came over plain http, and browsers keep a session's cookie only over https: open "
                           "it by https (a TLS proxy, dashboard.public_url), or as http://127.0.0.1 (from afar by "
                           "ssh -L); the password was not looked at");
    if (call->origin != NULL && !header_origin_matches(call->origin, call->host, config->dashboard_public_url))
        return call_refuse(call, 403, error,
                           "this request does not come from the dashboard's own page (its Origin header differs)");
    if (!login_throttle_address(call->executor->pool->throttle, call->address, clock_mono_ms(), &wait_ms))
        return login_delay(call, wait_ms, error); /* before it costs anything */
    enum err err = call_body(call, keys, &body, error);
    if (err == ERR_OK)
        err = call_text(body, "username", NAME_MOST, &name, error);
    if (err == ERR_OK)
        err = call_text(body, "password", PASSWORD_MOST, &password, error);
    if (err == ERR_OK && (name == NULL || password == NULL))
        err = err_set(error, ERR_USAGE, "username and password are required");
    if (err == ERR_OK)
        err = login_check(call, name, password, error);
    if (err == ERR_OK)
        err = open_session(call, name, error);
    json_object_put(body);
    return err;
}

/* With a JWT there is no session to end: it is valid until it expires or is called back. */
enum err run_logout(struct call *call, struct err_info *error)
{
    enum err err = call->caller.by == CALLER_SESSION ? session_close(call->executor->pg, &call->caller, error) : ERR_OK;
    if (err != ERR_OK)
        return err;
    struct json_object *json = json_object_new_object();
    json_object_object_add(json, "success", json_object_new_boolean(1));
    call->reply.cookie = session_cookie_text(call, "", 0);
    call->reply.ends_session = call->caller.by == CALLER_SESSION;
    call_reply(call, 200, json);
    return ERR_OK;
}

enum err run_session(struct call *call, struct err_info *error)
{
    (void)error;
    bool session = call->caller.by == CALLER_SESSION;
    struct json_object *json = json_object_new_object();
    json_object_object_add(json, "username", json_object_new_string(call->caller.name));
    json_object_object_add(json, "by", json_object_new_string(session ? "session" : "token"));
    json_object_object_add(json, "role", json_object_new_string(role_name(call->caller.role)));
    json_object_object_add(json, "expires_at", session ? json_object_new_string(call->caller.expires_at) : NULL);
    call_reply(call, 200, json);
    return ERR_OK;
}
