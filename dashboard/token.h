/*
 * JSON Web Tokens for programs that call the API: HS256 with jwt.secret, a subject, an expiry, whom they are for
 * (`aud`, TOKEN_AUDIENCE), a role and an id (`jti`) by which one can be called back. Whatever a token's header says of
 * its algorithm, only HS256 counts; a claim of another type than it must have makes a token invalid.
 */
#ifndef REPRISE_DASHBOARD_TOKEN_H
#define REPRISE_DASHBOARD_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "dashboard/role.h"

#define TOKEN_SUBJECT_MAX 201 /* with the NUL */
#define TOKEN_ID_MAX 65       /* with the NUL */
#define TOKEN_AUDIENCE "reprise"

struct token_claims {
    char subject[TOKEN_SUBJECT_MAX];
    char id[TOKEN_ID_MAX]; /* "" = it has none */
    enum role role;
    int64_t issued_s; /* since 1970; 0 = it does not say */
    bool is_old;      /* it names no audience or no role, as those that older versions made: then it is an admin's */
};

/* A new token; the caller's. ERR_USAGE: no secret, or a subject that is empty or too long. */
MUST_CHECK enum err token_issue(const char *secret, const char *subject, enum role role, int64_t lifetime_ms,
                                char **token, struct err_info *error);
/* ERR_USAGE if it is not ours, forged, expired, for somebody else, or lacks `exp` or `sub`; the text does not say
 * which. Whether it was called back is revocation.h's. */
MUST_CHECK enum err token_verify(const char *secret, const char *token, struct token_claims *claims,
                                 struct err_info *error);

#endif
