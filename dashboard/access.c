#include "dashboard/access.h"

#include <string.h>

#include "dashboard/cookie.h"
#include "dashboard/call_executor.h"
#include "dashboard/origin.h"
#include "dashboard/revocation.h"
#include "dashboard/session.h"

/* A session's token is hex of a fixed length, a JWT has dots: they cannot be taken for one another. */
static void by_bearer(struct call *call, struct pg_batch *sessions)
{
    char token[CREDENTIAL_MAX];
    const struct config *config = office_config(call->desk->office);
    struct token_claims claims;
    struct err_info refused = {0};
    if (!credential_bearer(call->authorization, token))
        return;
    if (strchr(token, '.') == NULL)
        session_ask(sessions, token, call);
    else if (token_verify(config->jwt_secret, token, &claims, &refused) == ERR_OK &&
             (config->jwt_old_tokens || !claims.is_old)) {
        memcpy(call->caller.name, claims.subject, sizeof claims.subject);
        call->caller.role = claims.role;
        call->caller.token = true;
        call->caller.by = CALLER_ASKED;
        revocation_ask(sessions, &claims);
    }
    crypto_wipe(token, sizeof token);
}

static void by_cookie(struct call *call, struct pg_batch *sessions)
{
    char token[CREDENTIAL_MAX];
    if (!cookie_token(call, token))
        return;
    session_ask(sessions, token, call);
    call->caller.cookie = true;
    crypto_wipe(token, sizeof token);
}

/* Reads what the request shows; sessions are to be asked for. A Bearer token goes before a cookie: it was given on
 * purpose. */
static void identify(struct call *call, struct pg_batch *sessions)
{
    if (call->authorization != NULL)
        by_bearer(call, sessions);
    else if (call->cookie != NULL)
        by_cookie(call, sessions);
}

/* Once it is known who asks. */
static enum err judge(struct call *call, struct err_info *error)
{
    const char *public_url = office_config(call->desk->office)->dashboard_public_url;
    if (call->caller.by == CALLER_NOBODY)
        return call_refuse(call, 401, error, "log in first, or send a token: Authorization: Bearer …");
    if (call->caller.cookie && call->route->method != METHOD_GET &&
        !origin_matches(call->origin, call->host, public_url))
        return call_refuse(call, 403, error, "this request does not come from our own page (Origin)");
    if (call->caller.role < route_role(call->route))
        return call_refuse(call, 403, error, "this wants the role %s; yours is %s", role_name(route_role(call->route)),
                           role_name(call->caller.role));
    return ERR_OK;
}

/* Not what a proxy on this machine passes on, nor a page that had its own name lead to loopback. A proxy may pass on
 * without a word of it: where the settings speak of one, no caller is taken for a local one. */
static bool is_of_this_machine(const struct call *call)
{
    const struct config *config = office_config(call->desk->office);
    bool by_name = call->host == NULL || origin_host_is_loopback(call->host);
    bool has_proxy = *config->dashboard_public_url != '\0' || *config->dashboard_trusted_proxies != '\0';
    return call->desk->office->loopback && !has_proxy && !call->forwarded && by_name;
}

static bool is_open(const struct call *call)
{
    const struct route *route = call->route;
    return route->access == ACCESS_OPEN || (route->access == ACCESS_METRICS && is_of_this_machine(call));
}

/* What PostgreSQL knows of the session or the token. */
static enum err hear(struct call *call, const PGresult *answer, struct err_info *error)
{
    struct caller *caller = &call->caller;
    if (!caller->token)
        return session_answer(call->desk->pg, answer, caller, error);
    caller->by = pg_bool(answer, 0, 0) ? CALLER_NOBODY : CALLER_TOKEN;
    return ERR_OK;
}

/* Asks for the sessions and tokens of all of them. */
static enum err identify_all(struct call *const *calls, size_t count, struct err_info *error)
{
    struct pg_batch *sessions = pg_batch_new();
    enum err err = ERR_OK;
    int asked = 0;
    for (size_t i = 0; i < count; i++) {
        calls[i]->caller = (struct caller){.by = CALLER_NOBODY};
        identify(calls[i], sessions);
    }
    if (pg_batch_count(sessions) > 0 && calls[0]->route->needs == ROUTE_WITHOUT_STORES)
        err = pg_ready(calls[0]->desk->pg, error);
    if (pg_batch_count(sessions) > 0 && err == ERR_OK)
        err = pg_batch_run(calls[0]->desk->pg, sessions, error);
    for (size_t i = 0; i < count && err == ERR_OK; i++)
        if (calls[i]->caller.by == CALLER_ASKED)
            err = hear(calls[i], pg_batch_result(sessions, asked++), error);
    pg_batch_drop(sessions);
    return err;
}

enum err access_check(struct call *call, struct err_info *error)
{
    if (is_open(call))
        return ERR_OK;
    enum err err = identify_all(&call, 1, error);
    if (err != ERR_OK && call->caller.token && call->route->needs == ROUTE_WITHOUT_STORES) {
        call->caller.by = CALLER_TOKEN; /* its signature is ours; metrics tell of PostgreSQL's absence, too */
        err_clear(error);
        err = ERR_OK;
    }
    return err == ERR_OK ? judge(call, error) : err;
}

size_t access_check_many(struct call **calls, size_t count)
{
    struct err_info error = {0};
    size_t passed = 0;
    enum err err = identify_all(calls, count, &error);
    for (size_t i = 0; i < count; i++) {
        struct call *call = calls[i];
        if (err == ERR_OK && judge(call, &error) == ERR_OK) {
            calls[i] = calls[passed];
            calls[passed++] = call;
        } else {
            call_reply_error(call, &error);
        }
    }
    return passed;
}
