/*
 * JSON Web Tokens for programs that call the API: HS256 with jwt.secret, a subject, an expiry, an audience (`aud`,
 * TOKEN_AUDIENCE), a role and an id (`jti`) by which one can be revoked. Only HS256 counts, whatever the header of a
 * token says of its algorithm; a claim of another type than it must have makes a token invalid. Revocations stand in
 * PostgreSQL, so that all dashboards know at once.
 */
#ifndef REPRISE_DASHBOARD_TOKEN_H
#define REPRISE_DASHBOARD_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/config.h"
#include "common/store/pg.h"

/* What a caller may do: each role also what those before it may. A route wants one (route_role). */
enum role {
    ROLE_NONE,
    ROLE_VIEWER,   /* looks */
    ROLE_OPERATOR, /* starts, pauses, cancels work */
    ROLE_ADMIN,    /* apps, repositories, definitions */
    ROLE_COUNT,
};

/* "viewer"; "" for ROLE_NONE. */
const char *role_name(enum role role);
/* ROLE_NONE: no role has this name. */
enum role role_of(const char *name);

#define TOKEN_SUBJECT_MAX 201 /* with the NUL */
#define TOKEN_ID_MAX 65       /* with the NUL */
#define TOKEN_AUDIENCE "reprise"

struct token_claims {
    char subject[TOKEN_SUBJECT_MAX];
    char id[TOKEN_ID_MAX]; /* "" = it has none */
    enum role role;
    int64_t issued_s; /* since 1970; 0 = it does not say */
    int64_t expires_s;
    bool is_old; /* it names no audience or no role, as those that older versions made: then it is an admin's */
};

/* Who gets a token, what it lets do, and for how long. */
struct token_grant {
    const char *subject;
    enum role role;
    int64_t lifetime_ms;
};
/* A new token; the caller's. ERR_USAGE: no secret, or a subject that is empty or too long. */
MUST_CHECK enum err token_issue(const char *secret, const struct token_grant *grant, char **token,
                                struct err_info *error);
/* ERR_USAGE if it is not ours, forged, expired, for another audience, or lacks `exp` or `sub`; the text does not say
 * which. Does not look whether it was revoked. */
MUST_CHECK enum err token_verify(const char *secret, const char *token, struct token_claims *claims,
                                 struct err_info *error);

/* Adds a question to a batch, whose result is one boolean: the token was revoked. */
void token_revocation_query(struct pg_batch *batch, const struct token_claims *claims);
/* Its time is over. */
bool token_has_expired(const struct token_claims *claims);
/* Revokes one. `what` is a token or its id. ERR_USAGE: it is no token of ours, or has no id. */
MUST_CHECK enum err token_revoke(const struct config *config, const char *what, struct err_info *error);
/* Revokes all tokens that `subject` was given until now. */
MUST_CHECK enum err token_revoke_subject(const struct config *config, const char *subject, struct err_info *error);

#endif
