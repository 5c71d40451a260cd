/*
 * Where our requests may go. Private, loopback, link-local, multicast, documentation and other special ranges are
 * refused unless a list of the operator names them (IANA special-purpose registries for IPv4 and IPv6; IPv4-mapped,
 * 6to4, NAT64 addresses are judged by the IPv4 address inside).
 */
#ifndef REPRISE_STORE_ADDRESS_H
#define REPRISE_STORE_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "common/base/config.h"
#include "common/base/err.h"

/* CIDRs and single addresses from a comma separated list: "127.0.0.0/8,::1". */
struct address_list;
MUST_CHECK enum err address_list_parse(const char *text, struct address_list **list, struct err_info *error);
void address_list_drop(struct address_list *list);
/* True if the list names it, itself or by a range. A NULL list names nothing. */
bool address_list_holds(const struct address_list *list, const struct sockaddr *address);

/* True if a request to it is allowed: a public address, or one in `allowed`. */
bool address_may_go(const struct sockaddr *address, const struct address_list *allowed);
/* As text without port, for messages. Returns `out`. */
const char *address_text(const struct sockaddr *address, char out[INET6_ADDRSTRLEN]);

/* The same of what one client has at hand: an IPv4 address, however it is written, or the /64 of an IPv6 address. */
const char *address_client_text(const struct sockaddr *address, char out[INET6_ADDRSTRLEN]);

/* Judges a host that is an address written out (in any form that getaddrinfo takes: "[::1]", "127.1", "0x7f000001")
 * without asking a name server; a name is ERR_OK. ERR_PERMANENT: refused. */
MUST_CHECK enum err address_check_literal(const char *host, const struct address_list *allowed, struct err_info *error);
/* Resolves `host` (a name or a literal, blocking) and gives its first address; refuses if any of its addresses may not
 * be gone to. ERR_RETRY: does not resolve now; ERR_PERMANENT: refused, with the address. */
MUST_CHECK enum err address_resolve(const char *host, const struct address_list *allowed, struct sockaddr_storage *out,
                                    struct err_info *error);

/* The same for whom it is enough to know that it is not refused now: a name that does not resolve is ERR_OK. */
MUST_CHECK enum err address_check_host(const char *host, const struct address_list *allowed, struct err_info *error);

/* The settings that are lists of addresses: what is wrong with one is said at the start and at a reload, not by a job.
 */

/* deliver.allow_private and git.allow_private; a config_check_fn. ERR_USAGE names the setting. */
MUST_CHECK enum err address_settings_check(const struct config *config, struct err_info *error);

#endif
