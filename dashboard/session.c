/*
 * Opens, finds and closes sessions, reads and writes their cookie, and decides who may use a route. Logging in and out
 * (run_login.c) opens and closes; access_check finds one at each request, before its handler. The token itself is never
 * stored: PostgreSQL has its keyed digest.
 */
#include "dashboard/session.h"

#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "dashboard/call.h"
#include "dashboard/request_headers.h"
#include "dashboard/token.h"
#include "embedded/sql_dashboard.h"

/* ---- sessions ---------------------------------------------------------------------------------------------------- */

#define TOKEN_BYTES (SESSION_TOKEN_HEX / 2)

static void caller_fill(struct caller *caller, const char *name, const char *expires_at)
{
    caller->by = CALLER_SESSION;
    caller->role = ROLE_ADMIN; /* there is one user */
    snprintf(caller->name, sizeof caller->name, "%s", name);
    snprintf(caller->expires_at, sizeof caller->expires_at, "%s", expires_at);
}

static void token_digest(const struct config *config, const char *token, uint8_t out[SHA256_BYTES])
{
    const char *hash = config->dashboard_password_hash, *user = config->dashboard_user;
    struct digest *digest = digest_hmac_sha256_new(hash, strlen(hash));
    digest_add(digest, user, strlen(user) + 1);
    digest_add(digest, token, SESSION_TOKEN_HEX);
    digest_end(digest, out);
    digest_drop(digest);
}

int64_t session_life_s(const struct call *call)
{
    return call_config(call)->dashboard_session_life_ms / CLOCK_MS_PER_S;
}

enum err session_open(struct call *call, const char *name, char token[SESSION_TOKEN_HEX + 1], struct err_info *error)
{
    struct caller *caller = &call->caller;
    uint8_t random[TOKEN_BYTES];
    id_random(random, sizeof random);
    crypto_hex(random, sizeof random, token);
    token_digest(call_config(call), token, caller->session);
    struct pg_batch *batch = pg_batch_new();
    pg_batch_add(batch, &sql_dashboard_session_expire);
    struct pg_args *args = pg_batch_add(batch, &sql_dashboard_session_open);
    pg_arg_bytea(args, caller->session, sizeof caller->session);
    pg_arg_text(args, name);
    pg_arg_int8(args, session_life_s(call));
    enum err err = pg_batch_run(call->executor->pg, batch, error);
    if (err == ERR_OK)
        caller_fill(caller, name, pg_text(pg_batch_result(batch, 1), 0, 0));
    pg_batch_drop(batch);
    return err;
}

/* One statement about this session. */
static enum err session_exec(struct pg *pg, const struct sql *statement, const struct caller *caller,
                             struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_bytea(args, caller->session, sizeof caller->session);
    enum err err = pg_exec(pg, statement, args, NULL, error);
    pg_args_drop(args);
    return err;
}

/* Adds the question whether a session lives to a batch, and marks the caller (CALLER_PENDING); what cannot be a
 * session's token is not asked for. */
static void session_query(struct pg_batch *batch, const char *token, struct call *call)
{
    struct caller *caller = &call->caller;
    if (strlen(token) != SESSION_TOKEN_HEX)
        return;
    token_digest(call_config(call), token, caller->session);
    struct pg_args *args = pg_batch_add(batch, &sql_dashboard_session_find);
    pg_arg_bytea(args, caller->session, sizeof caller->session);
    pg_arg_int8(args, session_life_s(call));
    caller->by = CALLER_PENDING;
}

/* The answer: fills in `caller`, CALLER_UNKNOWN if there is no such session. The session's hour begins again. */
static enum err session_result(struct pg *pg, const PGresult *result, struct caller *caller, struct err_info *error)
{
    caller->by = CALLER_UNKNOWN;
    if (pg_rows(result) != 1)
        return ERR_OK;
    caller_fill(caller, pg_text(result, 0, 0), pg_text(result, 0, 2));
    return pg_bool(result, 0, 1) ? session_exec(pg, &sql_dashboard_session_touch, caller, error) : ERR_OK;
}

enum err session_close(struct pg *pg, const struct caller *caller, struct err_info *error)
{
    return session_exec(pg, &sql_dashboard_session_close, caller, error);
}

/* ---- their cookie ------------------------------------------------------------------------------------------------ */

#define PLAIN_NAME "reprise_session"
#define HOST_NAME "__Host-reprise_session"    /* Secure, for the whole host: "Path=/" */
#define BELOW_NAME "__Secure-reprise_session" /* Secure, for a path of it: what else is there does not get it */

static const char *base_path(const struct call *call)
{
    return call_config(call)->dashboard_base_path;
}

static bool cookie_is_secure(const struct call *call)
{
    return call->tls || call->host == NULL || !header_host_is_loopback(call->host);
}

static const char *cookie_name_of(const struct call *call)
{
    return !cookie_is_secure(call) ? PLAIN_NAME : *base_path(call) == '\0' ? HOST_NAME : BELOW_NAME;
}

bool session_cookie_is_kept(const struct call *call)
{
    return call->origin == NULL || !cookie_is_secure(call) || !header_origin_is_plain_elsewhere(call->origin);
}

char *session_cookie_text(const struct call *call, const char *token, int64_t life_s)
{
    struct buf cookie = BUF_INIT;
    buf_addf(&cookie, "%s=%s; Path=%s/; HttpOnly; SameSite=Strict; Max-Age=%lld%s", cookie_name_of(call), token,
             base_path(call), (long long)life_s, cookie_is_secure(call) ? "; Secure" : "");
    return buf_take(&cookie);
}

/* The token that came with the call; as header_cookie. */
static bool session_cookie_token(const struct call *call, char out[HEADER_TOKEN_MAX])
{
    return header_cookie(call->cookie, cookie_name_of(call), out);
}

/* ---- access ------------------------------------------------------------------------------------------------------ */

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
        call->caller.claims = claims;
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
