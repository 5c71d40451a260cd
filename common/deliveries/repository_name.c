#include "common/deliveries/repository_name.h"

#include <string.h>

#include "common/base/crypto.h"
#include "common/base/json.h"

/* Drops slashes from the end of `text`; the length that is left. */
static size_t without_slashes(const char *text, size_t len)
{
    while (len > 0 && text[len - 1] == '/')
        len--;
    return len;
}

/* Where the last part of `text` begins. */
static size_t last_part(const char *text, size_t len)
{
    while (len > 0 && text[len - 1] != '/')
        len--;
    return len;
}

/* Splits the URL: the host's length within `*host`, and where the path begins. */
static const char *path_of(const char *url, const char **host, size_t *host_len)
{
    const char *scheme = strstr(url, "://");
    const char *rest = scheme == NULL ? url : scheme + 3;
    size_t authority = strcspn(rest, scheme == NULL ? ":" : "/"); /* user@host:path has no scheme */
    const char *at = memchr(rest, '@', authority);
    *host = at == NULL ? rest : at + 1;
    size_t len = authority - (size_t)(*host - rest);
    const char *port = memchr(*host, ':', len);
    *host_len = port == NULL ? len : (size_t)(port - *host);
    return rest[authority] == '\0' ? rest + authority : rest + authority + 1;
}

static void decode(const char *text, size_t len, struct buf *out)
{
    for (size_t i = 0; i < len; i++) {
        int byte = text[i] == '%' && i + 2 < len ? crypto_unhex_byte(text + i + 1) : -1;
        buf_add_char(out, byte < 0 ? text[i] : (char)byte);
        i += byte < 0 ? 0 : 2;
    }
}

static bool is_printable(const struct buf *text)
{
    for (size_t i = 0; i < text->len; i++)
        if ((unsigned char)text->data[i] < ' ' || text->data[i] == 0x7F || text->data[i] == '/')
            return false;
    return text->len > 0 && json_is_utf8(text->data, text->len);
}

/* For people: %20 as a space. What would not be a name then stays as it is written. */
static void add_part(struct buf *out, const char *text, size_t len)
{
    struct buf decoded = BUF_INIT;
    decode(text, len, &decoded);
    if (is_printable(&decoded))
        buf_add(out, decoded.data, decoded.len);
    else
        buf_add(out, text, len);
    buf_fini(&decoded);
}

void repository_name(const char *url, struct buf *owner, struct buf *name)
{
    const char *host = NULL;
    size_t host_len = 0;
    const char *path = path_of(url, &host, &host_len);
    size_t end = without_slashes(path, strlen(path));
    size_t start = last_part(path, end), suffix = strlen(".git");
    size_t len = end - start;
    if (len > suffix && strncmp(path + end - suffix, ".git", suffix) == 0)
        len -= suffix;
    add_part(name, path + start, len);
    size_t owner_end = without_slashes(path, start);
    size_t owner_start = last_part(path, owner_end);
    if (owner_end > owner_start)
        add_part(owner, path + owner_start, owner_end - owner_start);
    else
        buf_add(owner, host, host_len);
}
