#include "dashboard/token.h"

#include <jwt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/json.h"
#include "common/base/mem.h"

#define US_PER_S INT64_C(1000000)
#define SECRET_LEAST 32

static int64_t now_s(void)
{
    return clock_wall_us() / US_PER_S;
}

static bool add_claims(jwt_t *jwt, const char *subject, int64_t lifetime_ms)
{
    return jwt_add_grant(jwt, "sub", subject) == 0 && jwt_add_grant_int(jwt, "iat", (long)now_s()) == 0 &&
           jwt_add_grant_int(jwt, "exp", (long)(now_s() + lifetime_ms / CLOCK_MS_PER_S)) == 0;
}

enum err token_issue(const char *secret, const char *subject, int64_t lifetime_ms, char **token, struct err_info *error)
{
    jwt_t *jwt = NULL;
    if (strlen(secret) < SECRET_LEAST)
        return err_set(
            error, ERR_USAGE,
            "jwt.secret is not set: put 32 random bytes or more into REPRISE_JWT_SECRET (openssl rand -hex 32)");
    if (*subject == '\0' || strlen(subject) >= TOKEN_SUBJECT_MAX || !json_is_utf8(subject, strlen(subject)))
        return err_set(error, ERR_USAGE, "the subject must be UTF-8 text of 1 to %d bytes", TOKEN_SUBJECT_MAX - 1);
    char *encoded = NULL;
    if (jwt_new(&jwt) == 0 && add_claims(jwt, subject, lifetime_ms) &&
        jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)secret, (int)strlen(secret)) == 0)
        encoded = jwt_encode_str(jwt);
    jwt_free(jwt);
    if (encoded == NULL)
        return err_set(error, ERR_PERMANENT, "the token could not be made");
    *token = mem_strdup(encoded);
    free(encoded);
    return ERR_OK;
}

/* What must hold of a token whose signature is ours. A claim that is not a number reads as 0. */
static bool is_current(jwt_t *jwt, char subject[TOKEN_SUBJECT_MAX])
{
    const char *who = jwt_get_grant(jwt, "sub");
    int64_t expires = jwt_get_grant_int(jwt, "exp"), begins = jwt_get_grant_int(jwt, "nbf");
    if (jwt_get_alg(jwt) != JWT_ALG_HS256 || who == NULL || *who == '\0' || strlen(who) >= TOKEN_SUBJECT_MAX)
        return false;
    snprintf(subject, TOKEN_SUBJECT_MAX, "%s", who);
    return expires > now_s() && begins <= now_s();
}

enum err token_verify(const char *secret, const char *token, char subject[TOKEN_SUBJECT_MAX], struct err_info *error)
{
    jwt_t *jwt = NULL;
    bool good = strlen(secret) >= SECRET_LEAST &&
                jwt_decode(&jwt, token, (const unsigned char *)secret, (int)strlen(secret)) == 0 &&
                is_current(jwt, subject);
    jwt_free(jwt);
    return good ? ERR_OK : err_set(error, ERR_USAGE, "the token is not valid");
}
