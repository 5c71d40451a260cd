/* Who really sent a request that came by way of proxies. Pure. */
#ifndef REPRISE_DASHBOARD_REQUEST_HEADERS_H
#define REPRISE_DASHBOARD_REQUEST_HEADERS_H

#include <netinet/in.h>

#include "common/store/address.h"

/* `peer` is at the other end of the connection; `header` is X-Forwarded-For (NULL = not sent). From its right end on,
 * each address that a trusted proxy vouches for is taken, with or without a port and brackets; the first that is not
 * trusted itself is who sent it. What is no address ends the search. Writes a numeric address. */
void forwarded_client(const struct sockaddr *peer, const char *header, const struct address_list *trusted,
                      char out[INET6_ADDRSTRLEN]);

#endif
