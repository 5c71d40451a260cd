#include "dashboard/origin.h"

#include <string.h>
#include <strings.h>

#define PLAIN "http://"
#define HOST_MAX 261 /* a name of 255, a colon, a port */

static const char *behind_scheme(const char *origin)
{
    return strncasecmp(origin, "https://", 8) == 0 ? origin + 8
           : strncasecmp(origin, PLAIN, 7) == 0    ? origin + 7
                                                   : NULL;
}

bool origin_matches(const char *origin, const char *host, const char *public_url)
{
    if (origin == NULL)
        return false;
    if (*public_url != '\0')
        return strcasecmp(origin, public_url) == 0;
    const char *authority = behind_scheme(origin);
    return authority != NULL && host != NULL && strcasecmp(authority, host) == 0;
}

static size_t without_port(const char *host)
{
    const char *end = *host == '[' ? strchr(host, ']') : NULL;
    return end != NULL ? (size_t)(end - host) + 1 : strcspn(host, ":");
}

bool origin_host_is_loopback(const char *host)
{
    static const char *const names[] = {"localhost", "[::1]"};
    size_t len = without_port(host);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (len == strlen(names[i]) && strncasecmp(host, names[i], len) == 0)
            return true;
    return strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == len;
}

bool origin_is_plain_elsewhere(const char *origin)
{
    return strncasecmp(origin, PLAIN, strlen(PLAIN)) == 0 && !origin_host_is_loopback(origin + strlen(PLAIN));
}

bool origin_host_is_valid(const char *host)
{
    size_t len = without_port(host);
    bool bracketed = *host == '[';
    size_t good = bracketed ? strspn(host + 1, "0123456789abcdefABCDEF:.") + 2
                            : strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._");
    const char *port = host + len;
    if (len == 0 || strlen(host) > HOST_MAX || good != len)
        return false;
    return *port == '\0' || (*port == ':' && port[1] != '\0' && port[1 + strspn(port + 1, "0123456789")] == '\0');
}
