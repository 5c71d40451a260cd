#include "dashboard/session.h"

#include <stdio.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "dashboard/call_executor.h"
#include "embedded/sql_dashboard.h"

#define TOKEN_BYTES (SESSION_TOKEN_HEX / 2)

static void fill(struct caller *caller, const char *name, const char *expires_at)
{
    caller->by = CALLER_SESSION;
    caller->role = ROLE_ADMIN; /* there is one user */
    snprintf(caller->name, sizeof caller->name, "%s", name);
    snprintf(caller->expires_at, sizeof caller->expires_at, "%s", expires_at);
}

static void digest_of(const struct config *config, const char *token, uint8_t out[SHA256_BYTES])
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
    return office_config(call->desk->office)->dashboard_session_life_ms / CLOCK_MS_PER_S;
}

enum err session_open(struct call *call, const char *name, char token[SESSION_TOKEN_HEX + 1], struct err_info *error)
{
    struct caller *caller = &call->caller;
    uint8_t random[TOKEN_BYTES];
    id_random(random, sizeof random);
    crypto_hex(random, sizeof random, token);
    digest_of(office_config(call->desk->office), token, caller->session);
    struct pg_batch *batch = pg_batch_new();
    pg_batch_add(batch, &sql_dashboard_session_expire);
    struct pg_args *args = pg_batch_add(batch, &sql_dashboard_session_open);
    pg_arg_bytea(args, caller->session, sizeof caller->session);
    pg_arg_text(args, name);
    pg_arg_int8(args, session_life_s(call));
    enum err err = pg_batch_run(call->desk->pg, batch, error);
    if (err == ERR_OK)
        fill(caller, name, pg_text(pg_batch_result(batch, 1), 0, 0));
    pg_batch_drop(batch);
    return err;
}

/* One statement about this session. */
static enum err run(struct pg *pg, const struct sql *statement, const struct caller *caller, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_bytea(args, caller->session, sizeof caller->session);
    enum err err = pg_exec(pg, statement, args, NULL, error);
    pg_args_drop(args);
    return err;
}

void session_ask(struct pg_batch *batch, const char *token, struct call *call)
{
    struct caller *caller = &call->caller;
    if (strlen(token) != SESSION_TOKEN_HEX)
        return;
    digest_of(office_config(call->desk->office), token, caller->session);
    struct pg_args *args = pg_batch_add(batch, &sql_dashboard_session_find);
    pg_arg_bytea(args, caller->session, sizeof caller->session);
    pg_arg_int8(args, session_life_s(call));
    caller->by = CALLER_ASKED;
}

enum err session_answer(struct pg *pg, const PGresult *result, struct caller *caller, struct err_info *error)
{
    caller->by = CALLER_NOBODY;
    if (pg_rows(result) != 1)
        return ERR_OK;
    fill(caller, pg_text(result, 0, 0), pg_text(result, 0, 2));
    return pg_bool(result, 0, 1) ? run(pg, &sql_dashboard_session_touch, caller, error) : ERR_OK;
}

enum err session_close(struct pg *pg, const struct caller *caller, struct err_info *error)
{
    return run(pg, &sql_dashboard_session_close, caller, error);
}
