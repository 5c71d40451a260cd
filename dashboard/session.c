/*
 * Opens, finds and closes sessions, and reads and writes their cookie. Logging in and out (run_login.c) opens and
 * closes; access.c finds one at each request. The token itself is never stored: PostgreSQL has its keyed digest.
 */
#include "dashboard/session.h"

#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "dashboard/call.h"
#include "dashboard/request_headers.h"
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

void session_query(struct pg_batch *batch, const char *token, struct call *call)
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

enum err session_result(struct pg *pg, const PGresult *result, struct caller *caller, struct err_info *error)
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

bool session_cookie_token(const struct call *call, char out[HEADER_TOKEN_MAX])
{
    return header_cookie(call->cookie, cookie_name_of(call), out);
}
