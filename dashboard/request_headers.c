/*
 * Reads header values, strictly and without state: what is malformed counts as not sent, never as something similar.
 * access.c reads tokens and origins, session.c cookies, exchange_head.c addresses, smuggling_check.c hosts.
 */
#include "dashboard/request_headers.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* ---- Authorization and Cookie ------------------------------------------------------------------------------------ */

#define TOKEN68 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/="

static bool copy_token(const char *token, size_t len, char out[HEADER_TOKEN_MAX])
{
    if (len == 0 || len >= HEADER_TOKEN_MAX || strspn(token, TOKEN68) < len)
        return false;
    memcpy(out, token, len);
    out[len] = '\0';
    return true;
}

bool header_bearer(const char *header, char out[HEADER_TOKEN_MAX])
{
    static const char scheme[] = "Bearer ";
    if (strncasecmp(header, scheme, strlen(scheme)) != 0)
        return false;
    const char *token = header + strlen(scheme);
    token += strspn(token, " ");
    return copy_token(token, strlen(token), out);
}

bool header_cookie(const char *header, const char *name, char out[HEADER_TOKEN_MAX])
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

/* ---- Origin and Host --------------------------------------------------------------------------------------------- */

#define PLAIN "http://"
#define HOST_MAX 261 /* a name of 255, a colon, a port */

static const char *behind_scheme(const char *origin)
{
    return strncasecmp(origin, "https://", 8) == 0 ? origin + 8
           : strncasecmp(origin, PLAIN, 7) == 0    ? origin + 7
                                                   : NULL;
}

bool header_origin_matches(const char *origin, const char *host, const char *public_url)
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

bool header_host_is_loopback(const char *host)
{
    static const char *const names[] = {"localhost", "[::1]"};
    size_t len = without_port(host);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (len == strlen(names[i]) && strncasecmp(host, names[i], len) == 0)
            return true;
    return strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == len;
}

bool header_origin_is_plain_elsewhere(const char *origin)
{
    return strncasecmp(origin, PLAIN, strlen(PLAIN)) == 0 && !header_host_is_loopback(origin + strlen(PLAIN));
}

bool header_host_is_valid(const char *host)
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

/* ---- X-Forwarded-For --------------------------------------------------------------------------------------------- */

#define SEPARATORS " ,\t"
#define WORD_MAX 96 /* "[address%zone]:port" in quotes, with the NUL */

/* The last word of "a, b, c" before `end`; moves `end` before it. What is too long to be an address is empty. */
static bool last_word(const char *header, size_t *end, char out[WORD_MAX])
{
    size_t to = *end, from;
    while (to > 0 && strchr(SEPARATORS, header[to - 1]) != NULL)
        to--;
    for (from = to; from > 0 && strchr(SEPARATORS, header[from - 1]) == NULL;)
        from--;
    if (to == from)
        return false;
    size_t len = to - from < WORD_MAX ? to - from : 0;
    memcpy(out, header + from, len);
    out[len] = '\0';
    *end = from;
    return true;
}

/* Cuts `word` at `end` if a port follows there, or nothing. */
static bool cut_port(char *word, size_t end)
{
    const char *rest = word + end;
    size_t digits = *rest == ':' ? strspn(rest + 1, "0123456789") : 0;
    bool good = *rest == '\0' || (digits > 0 && digits <= 5 && rest[1 + digits] == '\0');
    word[end] = '\0';
    return good;
}

/* The address within a word, as proxies write it: "203.0.113.7:4711", "[2001:db8::1]:443", "\"[2001:db8::1]\"",
 * "fe80::1%eth0" (RFC 7239, section 6, and habit). NULL = it has another form. Changes the word. */
static char *bare_address(char *word)
{
    size_t len = strlen(word);
    if (len >= 2 && *word == '"' && word[len - 1] == '"') {
        word[len - 1] = '\0';
        word++;
    }
    char *closing = *word == '[' ? strchr(word, ']') : NULL, *colon = strchr(word, ':');
    bool good = true;
    if (closing != NULL) {
        good = cut_port(closing, 1);
        *closing = '\0';
        word++;
    } else if (colon != NULL && strchr(colon + 1, ':') == NULL) {
        good = cut_port(word, (size_t)(colon - word));
    }
    word[strcspn(word, "%")] = '\0';
    return good ? word : NULL;
}

static bool parse(char *word, struct sockaddr_storage *out)
{
    struct sockaddr_in *four = (struct sockaddr_in *)out;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
    const char *text = bare_address(word);
    memset(out, 0, sizeof *out);
    if (text == NULL)
        return false;
    if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        return true;
    }
    six->sin6_family = AF_INET6;
    return inet_pton(AF_INET6, text, &six->sin6_addr) == 1;
}

void header_client_address(const struct sockaddr *peer, const char *header, const struct address_list *trusted,
                           char out[INET6_ADDRSTRLEN])
{
    struct sockaddr_storage current = {0};
    char word[WORD_MAX];
    size_t end = header == NULL ? 0 : strlen(header);
    memcpy(&current, peer, peer->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
    while (address_list_holds(trusted, (struct sockaddr *)&current) && last_word(header, &end, word)) {
        struct sockaddr_storage before;
        if (!parse(word, &before))
            break;
        current = before;
    }
    address_text((struct sockaddr *)&current, out);
}
