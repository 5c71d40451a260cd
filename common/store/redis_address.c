/*
 * Where Redis is, from a URL (RFC 3986). Pure: bytes in, struct out, fuzzed. No error text shows a piece of the URL, as
 * whatever stands at the wrong place may be a part of the password.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <limits.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/crypto.h"
#include "common/base/mem.h"
#include "common/store/redis.h"

#define REDIS_PORT 6379
#define UNIX_PATH_MAX 107 /* sun_path without its NUL */

/* A piece of the URL. */
struct span {
    const char *at;
    size_t len;
};

static enum err url_refuse(struct err_info *error, const char *why)
{
    return err_set(error, ERR_USAGE, "redis.url: %s", why);
}

static int hex_value(char c)
{
    static const char DIGITS[] = "0123456789abcdef";
    const char *found = c ? strchr(DIGITS, c | 0x20) : NULL;
    return found ? (int)(found - DIGITS) : -1;
}

/* Undoes %XX. NULL if an escape is malformed or stands for NUL. The caller frees it. */
static char *span_decode(struct span span)
{
    char *out = mem_alloc(span.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < span.len; i++) {
        char c = span.at[i];
        if (c == '%') {
            int high = span.len - i > 2 ? hex_value(span.at[i + 1]) : -1;
            int low = high >= 0 ? hex_value(span.at[i + 2]) : -1;
            if (low < 0 || high + low == 0) {
                free(out);
                return NULL;
            }
            c = (char)(high * 16 + low);
            i += 2;
        }
        out[len++] = c;
    }
    out[len] = '\0';
    return out;
}

/* Digits only, at most `most`. */
static bool read_number(struct span span, int most, int *number)
{
    long value = 0;
    for (size_t i = 0; i < span.len; i++) {
        if (span.at[i] < '0' || span.at[i] > '9')
            return false;
        value = value * 10 + (span.at[i] - '0');
        if (value > most)
            return false;
    }
    *number = (int)value;
    return span.len > 0;
}

/* Cuts `rest` at the first of `stops`; what is cut off stays in `rest`, beginning with the stop. */
static struct span span_cut(struct span *rest, const char *stops)
{
    struct span head = {rest->at, strcspn(rest->at, stops)};
    if (head.len > rest->len)
        head.len = rest->len;
    rest->at += head.len;
    rest->len -= head.len;
    return head;
}

static enum err read_login(struct span login, struct redis_address *address, struct err_info *error)
{
    struct span user = span_cut(&login, ":");
    if (login.len == 0)
        return url_refuse(error, "a user without a password; write [user]:password@");
    struct span password = {login.at + 1, login.len - 1};
    if (password.len == 0)
        return url_refuse(error, "the password is empty");
    address->password = span_decode(password);
    address->user = user.len > 0 ? span_decode(user) : NULL;
    if (!address->password || (user.len > 0 && !address->user))
        return url_refuse(error, "a % in user or password is not followed by two hex digits");
    return ERR_OK;
}

/* Takes `user:password@` off the front of the authority: up to its last '@', so that a bare one in a password does no
 * harm. */
static enum err take_login(struct span *authority, struct redis_address *address, struct err_info *error)
{
    size_t end = authority->len;
    while (end > 0 && authority->at[end - 1] != '@')
        end--;
    if (end == 0)
        return ERR_OK;
    struct span login = {authority->at, end - 1};
    *authority = (struct span){authority->at + end, authority->len - end};
    /* `login` ends at '@', which strcspn does not know. */
    char *text = mem_strndup(login.at, login.len);
    enum err err = read_login((struct span){text, login.len}, address, error);
    crypto_wipe(text, login.len);
    free(text);
    return err;
}

static enum err read_host(struct span host, struct redis_address *address, struct err_info *error)
{
    bool bracketed = host.len > 0 && host.at[0] == '[';
    const char *end = bracketed ? memchr(host.at, ']', host.len) : memchr(host.at, ':', host.len);
    if (bracketed && !end)
        return url_refuse(error, "the bracket of the IPv6 address is not closed");
    struct span name = {host.at, end ? (size_t)(end - host.at) : host.len};
    struct span port = {host.at + name.len, host.len - name.len};
    if (bracketed) {
        name = (struct span){name.at + 1, name.len - 1};
        port = (struct span){port.at + 1, port.len - 1};
    }
    if (name.len == 0)
        return url_refuse(error, "the host is missing");
    for (size_t i = 0; i < name.len; i++) {
        if ((unsigned char)name.at[i] <= ' ' || name.at[i] == '%')
            return url_refuse(error, "the host holds a character that no host has");
    }
    address->host = mem_strndup(name.at, name.len);
    address->port = REDIS_PORT;
    if (port.len == 0)
        return ERR_OK;
    struct span digits = {port.at + 1, port.len - 1};
    if (port.at[0] != ':' || !read_number(digits, 65535, &address->port) || address->port == 0)
        return url_refuse(error, "the port is not a number from 1 to 65535 (special characters of a password are "
                                 "written as %XX)");
    return ERR_OK;
}

static enum err read_tcp(struct span rest, struct redis_address *address, struct err_info *error)
{
    struct span authority = span_cut(&rest, "/?#");
    enum err err = take_login(&authority, address, error);
    if (err == ERR_OK)
        err = read_host(authority, address, error);
    if (err || rest.len == 0)
        return err;
    if (rest.at[0] != '/')
        return url_refuse(error, "nothing may follow the host but /database");
    struct span database = {rest.at + 1, rest.len - 1};
    if (database.len > 0 && !read_number(database, INT_MAX, &address->database))
        return url_refuse(error, "the database behind the host is not a number");
    return ERR_OK;
}

static enum err read_unix(struct span rest, struct redis_address *address, struct err_info *error)
{
    struct span authority = span_cut(&rest, "/?#");
    enum err err = take_login(&authority, address, error);
    if (err != ERR_OK)
        return err;
    struct span path = span_cut(&rest, "?#");
    if (authority.len > 0 || path.len == 0)
        return url_refuse(error, "a unix socket is written unix:///path with an absolute path");
    address->unix_path = span_decode(path);
    if (!address->unix_path)
        return url_refuse(error, "a % in the path is not followed by two hex digits");
    if (strlen(address->unix_path) > UNIX_PATH_MAX)
        return url_refuse(error, "the path of a unix socket has at most 107 bytes");
    if (rest.len == 0)
        return ERR_OK;
    static const char DB[] = "?db=";
    size_t skip = sizeof DB - 1;
    if (strncmp(rest.at, DB, skip) != 0 ||
        !read_number((struct span){rest.at + skip, rest.len - skip}, INT_MAX, &address->database))
        return url_refuse(error, "nothing may follow the path but ?db=number");
    return ERR_OK;
}

static enum err read_tls(struct span rest, struct redis_address *address, struct err_info *error)
{
#ifdef REPRISE_REDIS_TLS
    address->tls = true;
    return read_tcp(rest, address, error);
#else
    (void)rest;
    (void)address;
    return url_refuse(error,
                      "rediss:// needs TLS, which this build lacks (build it with libhiredis's TLS part installed)");
#endif
}

enum err redis_address_parse(const char *url, struct redis_address *address, struct err_info *error)
{
    static const struct {
        const char *scheme;
        enum err (*read)(struct span rest, struct redis_address *address, struct err_info *error);
    } SCHEMES[] = {{"unix://", read_unix}, {"redis://", read_tcp}, {"rediss://", read_tls}};

    *address = (struct redis_address){.database = 0};
    for (size_t i = 0; i < sizeof SCHEMES / sizeof *SCHEMES; i++) {
        size_t skip = strlen(SCHEMES[i].scheme);
        if (strncmp(url, SCHEMES[i].scheme, skip) != 0)
            continue;
        enum err err = SCHEMES[i].read((struct span){url + skip, strlen(url + skip)}, address, error);
        if (err != ERR_OK)
            redis_address_fini(address);
        return err;
    }
    return url_refuse(error, "begins with none of unix://, redis://, rediss://");
}

void redis_address_fini(struct redis_address *address)
{
    if (address->password)
        crypto_wipe(address->password, strlen(address->password));
    free(address->unix_path);
    free(address->host);
    free(address->user);
    free(address->password);
    *address = (struct redis_address){.database = 0};
}

/* ---- resolved once ----------------------------------------------------------------------------------------------- */

/* Asking a name server where Redis is; apart from the parser, which does no I/O. */

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
