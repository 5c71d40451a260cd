/*
 * Decodes the target of a request: exchange.c reads its query, route.c its variable segments. What is decoded is UTF-8
 * without control characters, always.
 */
#include "dashboard/uri.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/crypto.h"
#include "common/base/json.h"
#include "common/base/mem.h"

/* ---- percent-encoding -------------------------------------------------------------------------------------------- */

/* The byte that begins at `at`, and how many characters it takes; 0 for half an escape. */
static size_t byte_take(const char *bytes, size_t at, size_t len, char *out)
{
    if (bytes[at] != '%') {
        *out = bytes[at];
        return 1;
    }
    int byte = at + 2 < len ? crypto_unhex_byte(bytes + at + 1) : -1;
    if (byte < 0)
        return 0;
    *out = (char)byte;
    return 3;
}

static enum err uri_refuse(char *text, struct err_info *error, const char *why)
{
    free(text);
    return err_set(error, ERR_USAGE, "the address of the request %s", why);
}

enum err uri_decode(const char *bytes, size_t len, enum uri_plus plus, char **out, struct err_info *error)
{
    char *text = mem_alloc(len + 1);
    size_t used = 0, step = 0;
    *out = NULL;
    for (size_t at = 0; at < len; at += step, used++) {
        step = byte_take(bytes, at, len, &text[used]);
        if (step == 0)
            return uri_refuse(text, error, "holds a %% that two hex digits do not follow");
        if (step == 1 && text[used] == '+' && plus == URI_PLUS_IS_SPACE)
            text[used] = ' ';
        if ((unsigned char)text[used] < 0x20 || text[used] == 0x7F)
            return uri_refuse(text, error, "holds a control character");
    }
    text[used] = '\0';
    if (!json_is_utf8(text, used))
        return uri_refuse(text, error, "is not UTF-8");
    *out = text;
    return ERR_OK;
}

/* ---- the query --------------------------------------------------------------------------------------------------- */

void uri_query_fini(struct uri_query *query)
{
    for (size_t i = 0; i < query->count; i++) {
        free(query->pairs[i].name);
        free(query->pairs[i].value);
    }
    query->count = 0;
}

static bool query_has(const struct uri_query *query, const char *name)
{
    for (size_t i = 0; i < query->count; i++)
        if (strcmp(query->pairs[i].name, name) == 0)
            return true;
    return false;
}

/* One "name=value"; a name alone has the value "". */
static enum err add_pair(struct uri_query *query, const char *text, size_t len, struct err_info *error)
{
    const char *equals = memchr(text, '=', len);
    size_t name_len = equals == NULL ? len : (size_t)(equals - text);
    struct uri_query_pair pair = {NULL, NULL};
    if (query->count == URI_QUERY_MAX)
        return err_set(error, ERR_USAGE, "the query has more than %d parameters", URI_QUERY_MAX);
    enum err err = uri_decode(text, name_len, URI_PLUS_IS_SPACE, &pair.name, error);
    if (err == ERR_OK && query_has(query, pair.name))
        err = err_set(error, ERR_USAGE, "the query has %s twice", pair.name);
    if (err == ERR_OK)
        err = uri_decode(equals == NULL ? "" : equals + 1, equals == NULL ? 0 : len - name_len - 1, URI_PLUS_IS_SPACE,
                         &pair.value, error);
    if (err == ERR_OK)
        query->pairs[query->count++] = pair;
    else
        free(pair.name);
    return err;
}

enum err uri_query_parse(const char *text, size_t len, struct uri_query *query, struct err_info *error)
{
    *query = (struct uri_query){.count = 0};
    enum err err = ERR_OK;
    for (size_t at = 0; at < len && err == ERR_OK;) {
        const char *end = memchr(text + at, '&', len - at);
        size_t pair = end == NULL ? len - at : (size_t)(end - text) - at;
        if (pair > 0)
            err = add_pair(query, text + at, pair, error);
        at += pair + 1;
    }
    if (err != ERR_OK)
        uri_query_fini(query);
    return err;
}

const char *uri_query_get(const struct uri_query *query, const char *name)
{
    for (size_t i = 0; i < query->count; i++)
        if (strcmp(query->pairs[i].name, name) == 0)
            return query->pairs[i].value[0] == '\0' ? NULL : query->pairs[i].value;
    return NULL;
}
