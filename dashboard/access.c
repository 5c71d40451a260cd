#include "dashboard/access.h"

#include <stdio.h>
#include <string.h>

#include "dashboard/desk.h"
#include "dashboard/origin.h"
#include "dashboard/session.h"

/* A session's token is hex of a fixed length, a JWT has dots: they cannot be taken for one another. */
static enum err by_bearer(struct call *call, const char *token, struct err_info *error)
{
    const char *secret = call->desk->office->config->jwt_secret;
    if (strchr(token, '.') == NULL)
        return session_find(call->desk->pg, token, &call->caller, error);
    struct err_info refused = {0};
    if (token_verify(secret, token, call->caller.name, &refused) == ERR_OK)
        call->caller.by = CALLER_TOKEN;
    return ERR_OK;
}

/* A Bearer token goes before a cookie: it was given on purpose. */
static enum err identify(struct call *call, struct err_info *error)
{
    char token[CREDENTIAL_MAX];
    enum err err = ERR_OK;
    if (call->authorization != NULL) {
        if (credential_bearer(call->authorization, token))
            err = by_bearer(call, token, error);
    } else if (call->cookie != NULL && credential_cookie(call->cookie, token)) {
        err = session_find(call->desk->pg, token, &call->caller, error);
        call->caller.cookie = call->caller.by == CALLER_SESSION;
    }
    crypto_wipe(token, sizeof token);
    return err;
}

enum err access_check(struct call *call, struct err_info *error)
{
    const struct office *office = call->desk->office;
    bool open = call->route->access == ACCESS_OPEN || (call->route->access == ACCESS_METRICS && office->loopback);
    if (open)
        return ERR_OK;
    enum err err = identify(call, error);
    if (err != ERR_OK)
        return err;
    if (call->caller.by == CALLER_NOBODY)
        return call_refuse(call, 401, error, "log in first, or send a token: Authorization: Bearer …");
    if (call->caller.cookie && call->route->method != METHOD_GET &&
        !origin_matches(call->origin, call->host, office->config->dashboard_public_url))
        return call_refuse(call, 403, error, "this request does not come from our own page (Origin)");
    return ERR_OK;
}
