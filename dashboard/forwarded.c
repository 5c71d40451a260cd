#include "dashboard/forwarded.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

/* The last word of "a, b, c" before `end`; moves `end` before it. */
static bool last_word(const char *header, size_t *end, char out[INET6_ADDRSTRLEN])
{
    size_t to = *end, from;
    while (to > 0 && (header[to - 1] == ' ' || header[to - 1] == ',' || header[to - 1] == '\t'))
        to--;
    for (from = to; from > 0 && header[from - 1] != ',' && header[from - 1] != ' ' && header[from - 1] != '\t';)
        from--;
    if (to == from || to - from >= INET6_ADDRSTRLEN)
        return false;
    memcpy(out, header + from, to - from);
    out[to - from] = '\0';
    *end = from;
    return true;
}

static bool parse(const char *text, struct sockaddr_storage *out)
{
    struct sockaddr_in *four = (struct sockaddr_in *)out;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
    memset(out, 0, sizeof *out);
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
    char word[INET6_ADDRSTRLEN];
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
