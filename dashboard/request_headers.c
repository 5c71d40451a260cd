/*
 * Reads header values, strictly and without state: what is malformed counts as not sent, never as something similar.
 * session.c reads tokens, origins and cookies, exchange_head.c addresses, smuggling_check hosts.
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

/* ---- smuggling check --------------------------------------------------------------------------------------------- */

/*
 * Both checks run in exchange_head.c before a request is routed; what they refuse ends the connection, for the bytes
 * that follow may be a part of the refused request. Neither keeps bytes of the request.
 */

/* ---- what two programs may read differently ---------------------------------------------------------------------- */

#define TCHAR "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define LENGTH_DIGITS_MAX 15

static void fault(struct smuggling_check *check, const char *what)
{
    if (check->wrong == NULL)
        check->wrong = what;
}

static void on_length(struct smuggling_check *check, const char *value)
{
    size_t digits = strspn(value, "0123456789");
    if (digits == 0 || value[digits] != '\0' || digits > LENGTH_DIGITS_MAX)
        fault(check, "its Content-Length is not a number");
    else
        for (check->length = 0; *value != '\0'; value++)
            check->length = check->length * 10 + (*value - '0');
    check->lengths++;
}

static void on_encoding(struct smuggling_check *check, const char *value)
{
    check->chunked = strcasecmp(value, "chunked") == 0;
    if (!check->chunked)
        fault(check, "its Transfer-Encoding is not \"chunked\"");
    check->encodings++;
}

static void on_host(struct smuggling_check *check, const char *value)
{
    if (!header_host_is_valid(value))
        fault(check, "its Host is not a host");
    check->hosts++;
}

static void on_authorization(struct smuggling_check *check, const char *value)
{
    (void)value;
    check->authorizations++;
}

static void on_origin(struct smuggling_check *check, const char *value)
{
    (void)value;
    check->origins++;
}

static const struct {
    const char *name;
    void (*on)(struct smuggling_check *check, const char *value);
} watched[] = {{"Content-Length", on_length},
               {"Transfer-Encoding", on_encoding},
               {"Host", on_host},
               {"Authorization", on_authorization},
               {"Origin", on_origin}};

static bool holds_control(const char *value, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (((unsigned char)value[i] < 0x20 && value[i] != '\t') || value[i] == 0x7F)
            return true;
    return false;
}

void smuggling_check_header(struct smuggling_check *check, const char *name, size_t name_len, const char *value,
                            size_t value_len)
{
    check->count++;
    if (name_len == 0 || strspn(name, TCHAR) != name_len)
        fault(check, "the name of a header holds what no name may");
    if (value == NULL)
        value = "", value_len = 0;
    if (holds_control(value, value_len) || strlen(value) != value_len)
        fault(check, "a header holds a control character");
    for (size_t i = 0; i < sizeof watched / sizeof *watched; i++)
        if (strcasecmp(name, watched[i].name) == 0)
            watched[i].on(check, value);
}

enum err smuggling_check_end(const struct smuggling_check *check, const char *version, struct err_info *error)
{
    const char *wrong = check->wrong;
    if (check->hosts > 1 || check->lengths > 1 || check->encodings > 1 || check->authorizations > 1 ||
        check->origins > 1)
        wrong = "a header that may stand once stands twice";
    else if (check->lengths > 0 && check->encodings > 0)
        wrong = "it has both Content-Length and Transfer-Encoding";
    else if (check->hosts == 0 && strcmp(version, "HTTP/1.1") == 0)
        wrong = "it has no Host";
    else if (check->encodings > 0 && strcmp(version, "HTTP/1.1") != 0)
        wrong = "Transfer-Encoding is of HTTP/1.1";
    else if (check->count > SMUGGLING_CHECK_HEADERS_MAX)
        wrong = "it has too many headers";
    return wrong == NULL ? ERR_OK : err_set(error, ERR_USAGE, "the request is refused: %s", wrong);
}

/* ---- the layout of the head -------------------------------------------------------------------------------------- */

#define CRLF 2
#define BLANK 1

void smuggling_layout_begin(struct smuggling_layout *layout, const char *method, size_t target_len, const char *version)
{
    layout->begin = (uintptr_t)method;
    layout->broken = (uintptr_t)version != layout->begin + strlen(method) + BLANK + target_len + BLANK;
    layout->next = (uintptr_t)version + strlen(version) + CRLF;
}

void smuggling_layout_header(struct smuggling_layout *layout, const char *name, size_t name_len, const char *value,
                             size_t value_len)
{
    layout->broken =
        layout->broken || (uintptr_t)name != layout->next || (uintptr_t)value <= (uintptr_t)name + name_len;
    layout->next = (uintptr_t)value + value_len + CRLF;
}

bool smuggling_layout_holds(const struct smuggling_layout *layout, size_t size)
{
    return !layout->broken && layout->next + CRLF == layout->begin + size;
}
