#include "dashboard/access.h"

#include <string.h>

#include "dashboard/desk.h"
#include "dashboard/origin.h"
#include "dashboard/session.h"

/* A session's token is hex of a fixed length, a JWT has dots: they cannot be taken for one another. */
static void by_bearer(struct call *call, struct pg_batch *sessions)
{
    char token[CREDENTIAL_MAX];
    struct err_info refused = {0};
    if (!credential_bearer(call->authorization, token))
        return;
    if (strchr(token, '.') == NULL)
        session_ask(sessions, token, call);
    else if (token_verify(office_config(call->desk->office)->jwt_secret, token, call->caller.name, &refused) == ERR_OK)
        call->caller.by = CALLER_TOKEN;
    crypto_wipe(token, sizeof token);
}

static void by_cookie(struct call *call, struct pg_batch *sessions)
{
    char token[CREDENTIAL_MAX];
    if (!credential_cookie(call->cookie, token))
        return;
    session_ask(sessions, token, call);
    call->caller.cookie = true;
    crypto_wipe(token, sizeof token);
}

/* Reads what the request shows; sessions are to be asked for. A Bearer token goes before a cookie: it was given on
 * purpose. */
static void identify(struct call *call, struct pg_batch *sessions)
{
    if (call->authorization != NULL)
        by_bearer(call, sessions);
    else if (call->cookie != NULL)
        by_cookie(call, sessions);
}

/* Once it is known who asks. */
static enum err judge(struct call *call, struct err_info *error)
{
    const char *public_url = office_config(call->desk->office)->dashboard_public_url;
    if (call->caller.by == CALLER_NOBODY)
        return call_refuse(call, 401, error, "log in first, or send a token: Authorization: Bearer …");
    if (call->caller.cookie && call->route->method != METHOD_GET &&
        !origin_matches(call->origin, call->host, public_url))
        return call_refuse(call, 403, error, "this request does not come from our own page (Origin)");
    return ERR_OK;
}

/* Not what a proxy on this machine passes on, nor a page that had its own name lead to loopback. */
static bool is_of_this_machine(const struct call *call)
{
    bool by_name = call->host == NULL || origin_host_is_loopback(call->host);
    return call->desk->office->loopback && !call->forwarded && by_name;
}

static bool is_open(const struct call *call)
{
    const struct route *route = call->route;
    return route->access == ACCESS_OPEN || (route->access == ACCESS_METRICS && is_of_this_machine(call));
}

/* Asks for the sessions of all of them. */
static enum err identify_all(struct call *const *calls, size_t count, struct err_info *error)
{
    struct pg_batch *sessions = pg_batch_new();
    enum err err = ERR_OK;
    int asked = 0;
    for (size_t i = 0; i < count; i++) {
        calls[i]->caller = (struct caller){.by = CALLER_NOBODY};
        identify(calls[i], sessions);
    }
    if (pg_batch_count(sessions) > 0)
        err = pg_batch_run(calls[0]->desk->pg, sessions, error);
    for (size_t i = 0; i < count && err == ERR_OK; i++)
        if (calls[i]->caller.by == CALLER_ASKED)
            err = session_answer(calls[i]->desk->pg, pg_batch_result(sessions, asked++), &calls[i]->caller, error);
    pg_batch_drop(sessions);
    return err;
}

enum err access_check(struct call *call, struct err_info *error)
{
    if (is_open(call))
        return ERR_OK;
    enum err err = identify_all(&call, 1, error);
    return err == ERR_OK ? judge(call, error) : err;
}

size_t access_check_many(struct call **calls, size_t count)
{
    struct err_info error = {0};
    size_t passed = 0;
    enum err err = identify_all(calls, count, &error);
    for (size_t i = 0; i < count; i++) {
        struct call *call = calls[i];
        if (err == ERR_OK && judge(call, &error) == ERR_OK) {
            calls[i] = calls[passed];
            calls[passed++] = call;
        } else {
            call_reply_error(call, &error);
        }
    }
    return passed;
}
