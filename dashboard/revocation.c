#include "dashboard/revocation.h"

#include <string.h>

#include "embedded/sql_dashboard.h"

#define ID_CHARACTERS "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"

void revocation_ask(struct pg_batch *batch, const struct token_claims *claims)
{
    struct pg_args *args = pg_batch_add(batch, &sql_dashboard_token_find);
    pg_arg_text(args, claims->id);
    pg_arg_text(args, claims->subject);
    pg_arg_int8(args, claims->issued_s);
}

static enum err revoke(const struct config *config, const char *what, const char *name, struct err_info *error)
{
    struct pg *pg = pg_new(config->postgres_url, "reprise dashboard revoke-token", PG_LIMITS_PROGRAM);
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, what);
    pg_arg_text(args, name);
    enum err err = pg_ready(pg, error);
    if (err == ERR_OK)
        err = pg_exec(pg, &sql_dashboard_token_revoke, args, NULL, error);
    pg_args_drop(args);
    pg_drop(pg);
    return err;
}

enum err revocation_of_token(const struct config *config, const char *what, struct err_info *error)
{
    struct token_claims claims;
    size_t len = strlen(what);
    if (strchr(what, '.') == NULL && len > 0 && len < TOKEN_ID_MAX && strspn(what, ID_CHARACTERS) == len)
        return revoke(config, "token", what, error);
    if (token_verify(config->jwt_secret, what, &claims, error) != ERR_OK)
        return err_set(error, ERR_USAGE, "this is neither an id nor a token that is valid now: nothing to call back");
    if (*claims.id == '\0')
        return err_set(error, ERR_USAGE,
                       "this token has no id: call back all tokens of its subject: revoke-token --subject NAME");
    return revoke(config, "token", claims.id, error);
}

enum err revocation_of_subject(const struct config *config, const char *subject, struct err_info *error)
{
    if (*subject == '\0' || strlen(subject) >= TOKEN_SUBJECT_MAX)
        return err_set(error, ERR_USAGE, "--subject: a name of 1 to %d bytes is expected", TOKEN_SUBJECT_MAX - 1);
    return revoke(config, "subject", subject, error);
}
