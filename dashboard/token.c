/*
 * Roles, JSON Web Tokens and their revocation. main.c issues and revokes tokens (dashboard token, revoke-token),
 * session.c verifies one at each request that carries it. A signature is verified before any claim is read, and the
 * algorithm is ours, not the token's.
 */
#include "dashboard/token.h"

#include <jwt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/crypto.h"
#include "common/base/ids.h"
#include "common/base/json.h"
#include "common/base/mem.h"
#include "embedded/sql_dashboard.h"

/* ---- roles ------------------------------------------------------------------------------------------------------- */

static const char *const names[ROLE_COUNT] = {"", "viewer", "operator", "admin"};

const char *role_name(enum role role)
{
    return names[role];
}

enum role role_of(const char *name)
{
    for (enum role role = ROLE_VIEWER; role < ROLE_COUNT; role++)
        if (strcmp(name, names[role]) == 0)
            return role;
    return ROLE_NONE;
}

/* ---- tokens ------------------------------------------------------------------------------------------------------ */

#define US_PER_S INT64_C(1000000)
#define SECRET_LEAST 32
#define ID_BYTES 16
#define CLAIMS_LIMITS ((struct json_limits){8192, 4})

static int64_t now_s(void)
{
    return clock_wall_us() / US_PER_S;
}

static bool add_claims(jwt_t *jwt, const struct token_grant *grant)
{
    uint8_t random[ID_BYTES];
    char id[2 * ID_BYTES + 1];
    id_random(random, sizeof random);
    crypto_hex(random, sizeof random, id);
    return jwt_add_grant(jwt, "sub", grant->subject) == 0 && jwt_add_grant(jwt, "aud", TOKEN_AUDIENCE) == 0 &&
           jwt_add_grant(jwt, "role", role_name(grant->role)) == 0 && jwt_add_grant(jwt, "jti", id) == 0 &&
           jwt_add_grant_int(jwt, "iat", (long)now_s()) == 0 &&
           jwt_add_grant_int(jwt, "exp", (long)(now_s() + grant->lifetime_ms / CLOCK_MS_PER_S)) == 0;
}

enum err token_issue(const char *secret, const struct token_grant *grant, char **token, struct err_info *error)
{
    const char *subject = grant->subject;
    jwt_t *jwt = NULL;
    if (strlen(secret) < SECRET_LEAST)
        return err_set(
            error, ERR_USAGE,
            "jwt.secret is not set: put 32 random bytes or more into REPRISE_JWT_SECRET (openssl rand -hex 32)");
    if (*subject == '\0' || strlen(subject) >= TOKEN_SUBJECT_MAX || !json_is_utf8(subject, strlen(subject)))
        return err_set(error, ERR_USAGE, "the subject must be UTF-8 text of 1 to %d bytes", TOKEN_SUBJECT_MAX - 1);
    char *encoded = NULL;
    if (jwt_new(&jwt) == 0 && add_claims(jwt, grant) &&
        jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)secret, (int)strlen(secret)) == 0)
        encoded = jwt_encode_str(jwt);
    jwt_free(jwt);
    if (encoded == NULL)
        return err_set(error, ERR_PERMANENT, "the token could not be made");
    *token = mem_strdup(encoded);
    free(encoded);
    return ERR_OK;
}

bool token_has_expired(const struct token_claims *claims)
{
    return claims->expires_s <= now_s();
}

/* ---- what must hold of a token whose signature is ours ----------------------------------------------------------- */

/* False if the claim is there and is no text that fits; `out` is "" where it is absent. */
static bool read_text(struct json_object *claims, const char *name, char *out, size_t room)
{
    struct json_object *claim = json_get(claims, name);
    *out = '\0';
    if (claim == NULL)
        return !json_object_object_get_ex(claims, name, NULL); /* null is no text */
    size_t len = (size_t)json_object_get_string_len(claim);
    if (!json_object_is_type(claim, json_type_string) || len == 0 || len >= room)
        return false;
    memcpy(out, json_object_get_string(claim), len + 1);
    return strlen(out) == len;
}

/* False if the claim is there and is no whole number. */
static bool read_time(struct json_object *claims, const char *name, int64_t *seconds)
{
    struct json_object *claim = json_get(claims, name);
    *seconds = json_object_get_int64(claim);
    return claim == NULL ? !json_object_object_get_ex(claims, name, NULL) : json_object_is_type(claim, json_type_int);
}

static bool is_ours(struct json_object *audience)
{
    return json_object_is_type(audience, json_type_string) &&
           strcmp(json_object_get_string(audience), TOKEN_AUDIENCE) == 0;
}

/* One text, or an array of which one must be us (RFC 7519, 4.1.3). */
static bool is_for_us(struct json_object *claims, bool *named)
{
    struct json_object *audience = NULL;
    *named = json_object_object_get_ex(claims, "aud", &audience);
    if (!*named || is_ours(audience))
        return true;
    bool found = false;
    for (size_t i = 0; json_object_is_type(audience, json_type_array) && i < json_object_array_length(audience); i++)
        found = found || is_ours(json_object_array_get_idx(audience, i));
    return found;
}

static bool read_role(struct json_object *claims, enum role *role, bool *named)
{
    char name[16];
    *named = json_object_object_get_ex(claims, "role", NULL);
    if (!read_text(claims, "role", name, sizeof name))
        return false;
    *role = *named ? role_of(name) : ROLE_ADMIN;
    return *role != ROLE_NONE;
}

static bool read_claims(struct json_object *json, struct token_claims *claims)
{
    int64_t begins = 0;
    bool for_us_named = false, role_named = false;
    *claims = (struct token_claims){.role = ROLE_NONE};
    bool good = read_text(json, "sub", claims->subject, sizeof claims->subject) && *claims->subject != '\0' &&
                read_text(json, "jti", claims->id, sizeof claims->id) && read_time(json, "iat", &claims->issued_s) &&
                read_time(json, "exp", &claims->expires_s) && read_time(json, "nbf", &begins) &&
                is_for_us(json, &for_us_named) && read_role(json, &claims->role, &role_named);
    claims->is_old = !for_us_named || !role_named;
    return good && !token_has_expired(claims) && begins <= now_s();
}

static bool is_current(jwt_t *jwt, struct token_claims *claims)
{
    struct json_object *json = NULL;
    struct err_info ignored;
    char *text = jwt_get_grants_json(jwt, NULL), *critical = jwt_get_headers_json(jwt, "crit");
    bool good = jwt_get_alg(jwt) == JWT_ALG_HS256 && text != NULL && critical == NULL &&
                json_parse(text, strlen(text), CLAIMS_LIMITS, &json, &ignored) == ERR_OK &&
                json_object_is_type(json, json_type_object) && read_claims(json, claims);
    json_object_put(json);
    free(text);
    free(critical);
    return good;
}

enum err token_verify(const char *secret, const char *token, struct token_claims *claims, struct err_info *error)
{
    jwt_t *jwt = NULL;
    bool good = strlen(secret) >= SECRET_LEAST &&
                jwt_decode(&jwt, token, (const unsigned char *)secret, (int)strlen(secret)) == 0 &&
                is_current(jwt, claims);
    jwt_free(jwt);
    return good ? ERR_OK : err_set(error, ERR_USAGE, "the token is not valid");
}

/* ---- revocation -------------------------------------------------------------------------------------------------- */

#define ID_CHARACTERS "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"

void token_revocation_query(struct pg_batch *batch, const struct token_claims *claims)
{
    struct pg_args *args = pg_batch_add(batch, &sql_dashboard_token_find);
    pg_arg_text(args, claims->id);
    pg_arg_text(args, claims->subject);
    pg_arg_int8(args, claims->issued_s);
}

static enum err revocation_insert(const struct config *config, const char *what, const char *name,
                                  struct err_info *error)
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

enum err token_revoke(const struct config *config, const char *what, struct err_info *error)
{
    struct token_claims claims;
    size_t len = strlen(what);
    if (strchr(what, '.') == NULL && len > 0 && len < TOKEN_ID_MAX && strspn(what, ID_CHARACTERS) == len)
        return revocation_insert(config, "token", what, error);
    if (token_verify(config->jwt_secret, what, &claims, error) != ERR_OK)
        return err_set(error, ERR_USAGE, "this is neither an id nor a token that is valid now: nothing to revoke");
    if (*claims.id == '\0')
        return err_set(error, ERR_USAGE,
                       "this token has no id: revoke all tokens of its subject instead: revoke-token --subject NAME");
    return revocation_insert(config, "token", claims.id, error);
}

enum err token_revoke_subject(const struct config *config, const char *subject, struct err_info *error)
{
    if (*subject == '\0' || strlen(subject) >= TOKEN_SUBJECT_MAX)
        return err_set(error, ERR_USAGE, "--subject: a name of 1 to %d bytes is expected", TOKEN_SUBJECT_MAX - 1);
    return revocation_insert(config, "subject", subject, error);
}
