/* X-Forwarded-For behind a trusted proxy, and from a peer that is not trusted: the sender of a request always is an
 * address, and the peer's own where it is not trusted. What is found is never of a trusted proxy if another stands to
 * its left.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "dashboard/request_headers.h"
#include "tests/fuzz/fuzz.h"

#define PROXIES "10.0.0.0/8,::1,fd00::/8"

static bool is_address(const char *text)
{
    struct in6_addr any;
    return inet_pton(AF_INET, text, &any) == 1 || inet_pton(AF_INET6, text, &any) == 1;
}

static void check(const struct address_list *proxies, const char *peer, const char *header, char out[INET6_ADDRSTRLEN])
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    FUZZ_CHECK(inet_pton(AF_INET, peer, &address.sin_addr) == 1);
    header_client_address((struct sockaddr *)&address, header, proxies, out);
    FUZZ_CHECK(is_address(out));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct address_list *proxies = NULL;
    struct err_info error;
    char out[INET6_ADDRSTRLEN], again[INET6_ADDRSTRLEN];
    char *header = mem_strndup((const char *)data, size);
    FUZZ_CHECK(address_list_parse(PROXIES, &proxies, &error) == ERR_OK);
    check(proxies, "203.0.113.9", header, out);
    FUZZ_CHECK(strcmp(out, "203.0.113.9") == 0);
    check(proxies, "10.1.2.3", header, out);
    /* One honest proxy more in between changes nothing. */
    char *longer = mem_alloc(size + 32);
    snprintf(longer, size + 32, "%s, 10.9.9.9:4711", header);
    check(proxies, "10.1.2.3", longer, again);
    FUZZ_CHECK(strcmp(out, "10.1.2.3") == 0 || strcmp(out, again) == 0);
    /* The sender that a proxy names counts, whatever the sender claimed itself. */
    snprintf(longer, size + 32, "%s, [2001:db8::7]:1", header);
    check(proxies, "10.1.2.3", longer, again);
    FUZZ_CHECK(strcmp(again, "2001:db8::7") == 0);
    free(longer);
    free(header);
    address_list_drop(proxies);
    return 0;
}
