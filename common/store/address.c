/*
 * Judges addresses by tables of the special-purpose ranges, and by the operator's list of exceptions. A range that is
 * not known to be public is refused, and an IPv4 address inside an IPv6 one is judged as such: a receiver's name must
 * not lead a request into the operator's own network. Called where a URL is registered, and again when the socket is
 * opened.
 */
#include "common/store/address.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

/* More entries than any operator writes by hand; a list is read at each request. */
#define LIST_MAX 1024
#define ITEM_MAX 64

/* An address or a network as 16 bytes; IPv4 stands in ::ffff:0:0/96, so one comparison serves both. */
struct net {
    uint8_t bytes[16];
    int bits;
};

struct address_list {
    size_t count;
    struct net nets[];
};

#define V4(a, b, c, d, length)                                                                                         \
    {                                                                                                                  \
        {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, a, b, c, d}, 96 + (length)                                          \
    }
#define V6(a, b, c, d, length)                                                                                         \
    {                                                                                                                  \
        {(a) >> 8, (a)&0xFF, (b) >> 8, (b)&0xFF, (c) >> 8, (c)&0xFF, (d) >> 8, (d)&0xFF}, (length)                     \
    }

/* IANA IPv4 Special-Purpose Address Registry, and multicast (RFC 5771). */
static const struct net special_v4[] = {
    V4(0, 0, 0, 0, 8),       /* this network, RFC 791 */
    V4(10, 0, 0, 0, 8),      /* private, RFC 1918 */
    V4(100, 64, 0, 0, 10),   /* shared by carriers, RFC 6598 */
    V4(127, 0, 0, 0, 8),     /* loopback, RFC 1122 */
    V4(169, 254, 0, 0, 16),  /* link-local, RFC 3927: the clouds' metadata lives here */
    V4(172, 16, 0, 0, 12),   /* private */
    V4(192, 0, 0, 0, 24),    /* protocol assignments, RFC 6890 */
    V4(192, 0, 2, 0, 24),    /* documentation, RFC 5737 */
    V4(192, 88, 99, 0, 24),  /* 6to4 relays, RFC 7526 */
    V4(192, 168, 0, 0, 16),  /* private */
    V4(198, 18, 0, 0, 15),   /* benchmarks, RFC 2544 */
    V4(198, 51, 100, 0, 24), /* documentation */
    V4(203, 0, 113, 0, 24),  /* documentation */
    V4(224, 0, 0, 0, 4),     /* multicast */
    V4(240, 0, 0, 0, 4),     /* reserved, RFC 1112, and broadcast */
};

/* Only 2000::/3 is given out as global unicast (RFC 4291); these parts of it are special. Loopback, link-local, unique
 * local, multicast, discard-only and SRv6 lie outside of it. */
static const struct net global_v6 = V6(0x2000, 0, 0, 0, 3);
static const struct net special_v6[] = {
    V6(0x2001, 0, 0, 0, 23),     /* protocol assignments, with Teredo, ORCHID and benchmarks, RFC 2928 */
    V6(0x2001, 0xDB8, 0, 0, 32), /* documentation, RFC 3849 */
    V6(0x3FFF, 0, 0, 0, 20),     /* documentation, RFC 9637 */
};

static const struct net mapped = V4(0, 0, 0, 0, 0);            /* RFC 4291 2.5.5.2 */
static const struct net six_to_four = V6(0x2002, 0, 0, 0, 16); /* RFC 3056 */
static const struct net nat64 = V6(0x64, 0xFF9B, 0, 0, 96);    /* RFC 6052 */

static bool is_in(const uint8_t bytes[16], const struct net *net)
{
    int whole = net->bits / 8, rest = net->bits % 8;
    if (memcmp(bytes, net->bytes, (size_t)whole) != 0)
        return false;
    return rest == 0 || (bytes[whole] ^ net->bytes[whole]) >> (8 - rest) == 0;
}

static bool is_in_any(const uint8_t bytes[16], const struct net *nets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_in(bytes, &nets[i]))
            return true;
    }
    return false;
}

static void put_v4(uint8_t out[16], const void *four)
{
    memcpy(out, mapped.bytes, 12);
    memcpy(out + 12, four, 4);
}

static bool as_bytes(const struct sockaddr *address, uint8_t out[16])
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof v4);
        put_v4(out, &v4.sin_addr);
        return true;
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof v6);
        memcpy(out, &v6.sin6_addr, 16);
        return true;
    }
    return false;
}

/* The IPv4 address that an IPv6 address leads to, in mapped form; false if there is none inside. */
static bool find_inner(const uint8_t bytes[16], uint8_t inner[16])
{
    const uint8_t *from = NULL;
    if (is_in(bytes, &nat64))
        from = bytes + 12;
    else if (is_in(bytes, &six_to_four))
        from = bytes + 2;
    if (from == NULL)
        return false;
    put_v4(inner, from);
    return true;
}

static bool is_public(const uint8_t bytes[16])
{
    if (is_in(bytes, &mapped))
        return !is_in_any(bytes, special_v4, sizeof special_v4 / sizeof(special_v4[0]));
    return is_in(bytes, &global_v6) && !is_in_any(bytes, special_v6, sizeof special_v6 / sizeof(special_v6[0]));
}

bool address_list_holds(const struct address_list *list, const struct sockaddr *address)
{
    uint8_t bytes[16];
    return list != NULL && as_bytes(address, bytes) && is_in_any(bytes, list->nets, list->count);
}

bool address_may_go(const struct sockaddr *address, const struct address_list *allowed)
{
    uint8_t bytes[16], inner[16];
    if (!as_bytes(address, bytes))
        return false;
    if (allowed != NULL && is_in_any(bytes, allowed->nets, allowed->count))
        return true;
    if (!find_inner(bytes, inner))
        return is_public(bytes);
    return is_public(inner) || (allowed != NULL && is_in_any(inner, allowed->nets, allowed->count));
}

const char *address_text(const struct sockaddr *address, char out[INET6_ADDRSTRLEN])
{
    uint8_t bytes[16];
    if (!as_bytes(address, bytes))
        snprintf(out, INET6_ADDRSTRLEN, "an address of family %d", address->sa_family);
    else if (address->sa_family == AF_INET)
        inet_ntop(AF_INET, bytes + 12, out, INET6_ADDRSTRLEN);
    else
        inet_ntop(AF_INET6, bytes, out, INET6_ADDRSTRLEN);
    return out;
}

const char *address_client_text(const struct sockaddr *address, char out[INET6_ADDRSTRLEN])
{
    uint8_t bytes[16];
    if (!as_bytes(address, bytes))
        return address_text(address, out);
    if (is_in(bytes, &mapped)) {
        inet_ntop(AF_INET, bytes + 12, out, INET6_ADDRSTRLEN);
        return out;
    }
    memset(bytes + 8, 0, 8); /* the owner of a subnet has all its addresses (RFC 4291 2.5.1) */
    inet_ntop(AF_INET6, bytes, out, INET6_ADDRSTRLEN);
    return out;
}

/* A bit that is set beyond the prefix is a slip, and guessing which part was meant would open what was not asked for.
 */
static bool has_stray_bits(const struct net *net)
{
    for (int bit = net->bits; bit < 128; bit++) {
        if (net->bytes[bit / 8] & (0x80 >> bit % 8))
            return true;
    }
    return false;
}

/* The number after '/', at most `max`; -1 if it is none. */
static int parse_bits(const char *text, int max)
{
    int bits = 0;
    if (*text == '\0')
        return -1;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return -1;
        bits = bits * 10 + (*text - '0');
        if (bits > max)
            return -1;
    }
    return bits;
}

static bool parse_net(char *item, struct net *net)
{
    struct in_addr v4;
    char *slash = strchr(item, '/');
    if (slash != NULL)
        *slash = '\0';
    int max = 128;
    if (inet_pton(AF_INET, item, &v4) == 1) {
        max = 32;
        put_v4(net->bytes, &v4);
    } else if (inet_pton(AF_INET6, item, net->bytes) != 1) {
        return false;
    }
    int bits = slash == NULL ? max : parse_bits(slash + 1, max);
    net->bits = bits + (128 - max);
    return bits >= 0;
}

static enum err parse_item(const char *text, size_t len, struct net *net, struct err_info *error)
{
    char item[ITEM_MAX];
    int shown = len < ITEM_MAX ? (int)len : ITEM_MAX;
    if (len < sizeof item) {
        memcpy(item, text, len);
        item[len] = '\0';
    }
    if (len >= sizeof item || !parse_net(item, net))
        return err_set(error, ERR_USAGE, "'%.*s' is no address and no network such as 10.0.0.0/8 or ::1", shown, text);
    if (has_stray_bits(net))
        return err_set(error, ERR_USAGE, "'%.*s' has bits set beyond its prefix length", shown, text);
    return ERR_OK;
}

enum err address_list_parse(const char *text, struct address_list **list, struct err_info *error)
{
    *list = NULL;
    struct address_list *new = mem_zalloc(sizeof(*new) + LIST_MAX * sizeof(new->nets[0]));
    for (const char *at = text; *at != '\0';) {
        at += strspn(at, ", \t");
        size_t len = strcspn(at, ", \t");
        if (len == 0)
            break;
        enum err err = ERR_OK;
        if (new->count == LIST_MAX)
            err = err_set(error, ERR_USAGE, "more than %d addresses in one list", LIST_MAX);
        else
            err = parse_item(at, len, &new->nets[new->count++], error);
        if (err != ERR_OK) {
            address_list_drop(new);
            return err;
        }
        at += len;
    }
    *list = new;
    return ERR_OK;
}

void address_list_drop(struct address_list *list)
{
    free(list);
}

/* What getaddrinfo takes: a literal IPv6 address without its brackets. */
static bool bare_host(const char *host, char *out, size_t size)
{
    size_t len = strlen(host);
    if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
        host++;
        len -= 2;
    }
    if (len == 0 || len >= size)
        return false;
    memcpy(out, host, len);
    out[len] = '\0';
    return true;
}

static enum err address_refuse(const char *host, const struct sockaddr *address, struct err_info *error)
{
    char text[INET6_ADDRSTRLEN];
    if (strcmp(host, address_text(address, text)) == 0)
        return err_set(error, ERR_PERMANENT, "%s is not a public address and is not allowed", host);
    return err_set(error, ERR_PERMANENT, "%s leads to %s, which is not a public address and is not allowed", host,
                   text);
}

enum err address_check_literal(const char *host, const struct address_list *allowed, struct err_info *error)
{
    char name[NI_MAXHOST];
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
    struct addrinfo *found = NULL;
    if (!bare_host(host, name, sizeof name))
        return err_set(error, ERR_PERMANENT, "the host name is empty or too long");
    if (getaddrinfo(name, NULL, &hints, &found) != 0)
        return ERR_OK;
    enum err err = ERR_OK;
    if (!address_may_go(found->ai_addr, allowed))
        err = address_refuse(host, found->ai_addr, error);
    freeaddrinfo(found);
    return err;
}

enum err address_resolve(const char *host, const struct address_list *allowed, struct sockaddr_storage *out,
                         struct err_info *error)
{
    char name[NI_MAXHOST];
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    *out = (struct sockaddr_storage){.ss_family = AF_UNSPEC};
    if (!bare_host(host, name, sizeof name))
        return err_set(error, ERR_PERMANENT, "the host name is empty or too long");
    int failure = getaddrinfo(name, NULL, &hints, &found);
    if (failure != 0)
        return err_set(error, ERR_RETRY, "%s does not resolve: %s", host, gai_strerror(failure));
    assert(found != NULL); /* getaddrinfo succeeds with one address or more */
    enum err err = ERR_OK;
    for (const struct addrinfo *each = found; each != NULL && err == ERR_OK; each = each->ai_next) {
        if (!address_may_go(each->ai_addr, allowed))
            err = address_refuse(host, each->ai_addr, error);
    }
    if (err == ERR_OK)
        memcpy(out, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return err;
}

enum err address_check_host(const char *host, const struct address_list *allowed, struct err_info *error)
{
    struct sockaddr_storage ignored;
    enum err err = address_resolve(host, allowed, &ignored, error);
    return err == ERR_RETRY ? ERR_OK : err;
}

/* ---- the settings that are lists of addresses -------------------------------------------------------------------- */

static enum err setting_check(const char *name, const char *text, struct err_info *error)
{
    struct address_list *list = NULL;
    enum err err = address_list_parse(text, &list, error);
    if (err != ERR_OK)
        return err_prefix(error, "%s", name);
    address_list_drop(list);
    return ERR_OK;
}

enum err address_settings_check(const struct config *config, struct err_info *error)
{
    enum err err = setting_check("deliver.allow_private", config->deliver_allow_private, error);
    return err == ERR_OK ? setting_check("git.allow_private", config->git_allow_private, error) : err;
}
