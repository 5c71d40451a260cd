#include "dashboard/request_headers.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

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

void forwarded_client(const struct sockaddr *peer, const char *header, const struct address_list *trusted,
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
