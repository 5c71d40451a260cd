#include "dashboard/credential.h"

#include <string.h>
#include <strings.h>

#define TOKEN68 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/="

static bool copy_token(const char *token, size_t len, char out[CREDENTIAL_MAX])
{
    if (len == 0 || len >= CREDENTIAL_MAX || strspn(token, TOKEN68) < len)
        return false;
    memcpy(out, token, len);
    out[len] = '\0';
    return true;
}

bool credential_bearer(const char *header, char out[CREDENTIAL_MAX])
{
    static const char scheme[] = "Bearer ";
    if (strncasecmp(header, scheme, strlen(scheme)) != 0)
        return false;
    const char *token = header + strlen(scheme);
    token += strspn(token, " ");
    return copy_token(token, strlen(token), out);
}

bool credential_cookie(const char *header, const char *name, char out[CREDENTIAL_MAX])
{
    size_t name_len = strlen(name);
    const char *found = NULL;
    size_t found_len = 0;
    for (const char *at = header; *at != '\0';) {
        at += strspn(at, "; \t");
        size_t len = strcspn(at, ";");
        if (strncmp(at, name, name_len) == 0 && at[name_len] == '=') {
            if (found != NULL)
                return false;
            found = at + name_len + 1;
            found_len = len - name_len - 1;
        }
        at += len;
    }
    while (found_len > 0 && (found[found_len - 1] == ' ' || found[found_len - 1] == '\t'))
        found_len--;
    return found != NULL && copy_token(found, found_len, out);
}
