#include "dashboard/cookie.h"

#include "dashboard/call_executor.h"
#include "dashboard/origin.h"

#define PLAIN_NAME "reprise_session"
#define HOST_NAME "__Host-reprise_session"    /* Secure, for the whole host: "Path=/" */
#define BELOW_NAME "__Secure-reprise_session" /* Secure, for a path of it: what else is there does not get it */

static const char *base_path(const struct call *call)
{
    return office_config(call->desk->office)->dashboard_base_path;
}

static const char *name_of(const struct call *call)
{
    return !cookie_is_secure(call) ? PLAIN_NAME : *base_path(call) == '\0' ? HOST_NAME : BELOW_NAME;
}

bool cookie_is_secure(const struct call *call)
{
    return call->tls || call->host == NULL || !origin_host_is_loopback(call->host);
}

bool cookie_is_kept(const struct call *call)
{
    return call->origin == NULL || !cookie_is_secure(call) || !origin_is_plain_elsewhere(call->origin);
}

char *cookie_text(const struct call *call, const char *token, int64_t life_s)
{
    struct buf cookie = BUF_INIT;
    buf_addf(&cookie, "%s=%s; Path=%s/; HttpOnly; SameSite=Strict; Max-Age=%lld%s", name_of(call), token,
             base_path(call), (long long)life_s, cookie_is_secure(call) ? "; Secure" : "");
    return buf_take(&cookie);
}

bool cookie_token(const struct call *call, char out[CREDENTIAL_MAX])
{
    return credential_cookie(call->cookie, name_of(call), out);
}
