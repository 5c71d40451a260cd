/*
 * Who asks, and whether the route allows it: run by an executor (call_executor.c) before each handler, so that no
 * handler checks a token, a role or an Origin itself.
 *
 * A caller is a session (Bearer token or cookie), a JWT, or unknown. Whether a session lives and whether a JWT was
 * revoked stands in PostgreSQL; both are asked in one batch, for several calls at once. A request that changes
 * something by a cookie must come from our own page, for browsers send cookies with requests of other pages too.
 *
 * Nothing here may be skipped for speed: a route is open only where its row says so (ACCESS_OPEN), or for metrics read
 * on the machine itself.
 */
#include "dashboard/access.h"

#include <string.h>

#include "dashboard/call.h"
#include "dashboard/request_headers.h"
#include "dashboard/session.h"
#include "dashboard/token.h"

/* A session's token is hex of a fixed length, a JWT has dots: they cannot be taken for one another. */
static void read_bearer(struct call *call, struct pg_batch *sessions)
{
    char token[HEADER_TOKEN_MAX];
    const struct config *config = call_config(call);
    struct token_claims claims;
    struct err_info refused = {0};
    if (!header_bearer(call->authorization, token))
        return;
    if (strchr(token, '.') == NULL)
        session_query(sessions, token, call);
    else if (token_verify(config->jwt_secret, token, &claims, &refused) == ERR_OK &&
             (config->jwt_old_tokens || !claims.is_old)) {
        memcpy(call->caller.name, claims.subject, sizeof claims.subject);
        call->caller.role = claims.role;
        call->caller.token = true;
        call->caller.by = CALLER_PENDING;
        token_revocation_query(sessions, &claims);
    }
    crypto_wipe(token, sizeof token);
}

static void read_cookie(struct call *call, struct pg_batch *sessions)
{
    char token[HEADER_TOKEN_MAX];
    if (!session_cookie_token(call, token))
        return;
    session_query(sessions, token, call);
    call->caller.cookie = true;
    crypto_wipe(token, sizeof token);
}

/* Reads the token that the request carries and adds the question whether it is valid to the batch. A Bearer token goes
 * before a cookie: it was given on purpose. */
static void caller_read(struct call *call, struct pg_batch *sessions)
{
    if (call->authorization != NULL)
        read_bearer(call, sessions);
    else if (call->cookie != NULL)
        read_cookie(call, sessions);
}

/* Once the caller is known: may it use this route? */
static enum err caller_may(struct call *call, struct err_info *error)
{
    const char *public_url = call_config(call)->dashboard_public_url;
    if (call->caller.by == CALLER_UNKNOWN)
        return call_refuse(call, 401, error, "log in first, or send a token: Authorization: Bearer …");
    if (call->caller.cookie && call->route->method != METHOD_GET &&
        !header_origin_matches(call->origin, call->host, public_url))
        return call_refuse(call, 403, error,
                           "this request does not come from the dashboard's own page (its Origin header differs)");
    if (call->caller.role < route_role(call->route))
        return call_refuse(call, 403, error, "this needs the role %s; yours is %s", role_name(route_role(call->route)),
                           role_name(call->caller.role));
    return ERR_OK;
}

/* False for a request that a proxy on this machine passed on, and for a page whose own host name leads to loopback (DNS
 * rebinding). A proxy may pass a request on without a trace: where the settings name one, no caller counts as local. */
static bool is_of_this_machine(const struct call *call)
{
    const struct config *config = call_config(call);
    bool by_name = call->host == NULL || header_host_is_loopback(call->host);
    bool has_proxy = *config->dashboard_public_url != '\0' || *config->dashboard_trusted_proxies != '\0';
    return call->executor->pool->loopback && !has_proxy && !call->forwarded && by_name;
}

static bool is_open(const struct call *call)
{
    const struct route *route = call->route;
    return route->access == ACCESS_OPEN || (route->access == ACCESS_METRICS && is_of_this_machine(call));
}

/* Fills in the caller from what PostgreSQL answered of the session or the token. */
static enum err caller_result(struct call *call, const PGresult *answer, struct err_info *error)
{
    struct caller *caller = &call->caller;
    if (!caller->token)
        return session_result(call->executor->pg, answer, caller, error);
    caller->by = pg_bool(answer, 0, 0) ? CALLER_UNKNOWN : CALLER_TOKEN;
    return ERR_OK;
}

/* Fills in the callers of all of them, in one turn with PostgreSQL. */
static enum err callers_find(struct call *const *calls, size_t count, struct err_info *error)
{
    struct pg_batch *sessions = pg_batch_new();
    enum err err = ERR_OK;
    int asked = 0;
    for (size_t i = 0; i < count; i++) {
        calls[i]->caller = (struct caller){.by = CALLER_UNKNOWN};
        caller_read(calls[i], sessions);
    }
    if (pg_batch_count(sessions) > 0 && calls[0]->route->needs == ROUTE_WITHOUT_STORES)
        err = pg_ready(calls[0]->executor->pg, error);
    if (pg_batch_count(sessions) > 0 && err == ERR_OK)
        err = pg_batch_run(calls[0]->executor->pg, sessions, error);
    for (size_t i = 0; i < count && err == ERR_OK; i++)
        if (calls[i]->caller.by == CALLER_PENDING)
            err = caller_result(calls[i], pg_batch_result(sessions, asked++), error);
    pg_batch_drop(sessions);
    return err;
}

enum err access_check(struct call *call, struct err_info *error)
{
    if (is_open(call))
        return ERR_OK;
    enum err err = callers_find(&call, 1, error);
    if (err != ERR_OK && call->caller.token && call->route->needs == ROUTE_WITHOUT_STORES) {
        call->caller.by = CALLER_TOKEN; /* its signature is ours, and metrics must say that PostgreSQL is away */
        err_clear(error);
        err = ERR_OK;
    }
    return err == ERR_OK ? caller_may(call, error) : err;
}

size_t access_check_many(struct call **calls, size_t count)
{
    struct err_info error = {0};
    size_t passed = 0;
    enum err err = callers_find(calls, count, &error);
    for (size_t i = 0; i < count; i++) {
        struct call *call = calls[i];
        if (err == ERR_OK && caller_may(call, &error) == ERR_OK) {
            calls[i] = calls[passed];
            calls[passed++] = call;
        } else {
            call_reply_error(call, &error);
        }
    }
    return passed;
}
