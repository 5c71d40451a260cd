/* Asking a name server where Redis is; apart from the parser, which does no I/O. */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/store/redis.h"

enum err redis_address_resolve(struct redis_address *address, struct err_info *error)
{
    struct addrinfo wanted = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    char text[INET6_ADDRSTRLEN];
    if (address->unix_path != NULL || address->tls)
        return ERR_OK;
    int failed = getaddrinfo(address->host, NULL, &wanted, &found);
    if (failed != 0)
        return err_set(error, ERR_UNREACHABLE, "redis.url: %s cannot be resolved: %s", address->host,
                       gai_strerror(failed));
    failed = getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST);
    freeaddrinfo(found);
    if (failed != 0)
        return err_set(error, ERR_UNREACHABLE, "redis.url: %s: %s", address->host, gai_strerror(failed));
    free(address->host);
    address->host = mem_strdup(text);
    return ERR_OK;
}
