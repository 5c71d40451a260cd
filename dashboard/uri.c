#include "dashboard/uri.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dashboard/percent.h"

void query_fini(struct query *query)
{
    for (size_t i = 0; i < query->count; i++) {
        free(query->pairs[i].name);
        free(query->pairs[i].value);
    }
    query->count = 0;
}

static bool has(const struct query *query, const char *name)
{
    for (size_t i = 0; i < query->count; i++)
        if (strcmp(query->pairs[i].name, name) == 0)
            return true;
    return false;
}

/* One "name=value"; a name alone has the value "". */
static enum err add_pair(struct query *query, const char *text, size_t len, struct err_info *error)
{
    const char *equals = memchr(text, '=', len);
    size_t name_len = equals == NULL ? len : (size_t)(equals - text);
    struct query_pair pair = {NULL, NULL};
    if (query->count == QUERY_MAX)
        return err_set(error, ERR_USAGE, "the query has more than %d parameters", QUERY_MAX);
    enum err err = percent_decode(text, name_len, PERCENT_PLUS_IS_SPACE, &pair.name, error);
    if (err == ERR_OK && has(query, pair.name))
        err = err_set(error, ERR_USAGE, "the query has %s twice", pair.name);
    if (err == ERR_OK)
        err = percent_decode(equals == NULL ? "" : equals + 1, equals == NULL ? 0 : len - name_len - 1,
                             PERCENT_PLUS_IS_SPACE, &pair.value, error);
    if (err == ERR_OK)
        query->pairs[query->count++] = pair;
    else
        free(pair.name);
    return err;
}

enum err query_parse(const char *text, size_t len, struct query *query, struct err_info *error)
{
    *query = (struct query){.count = 0};
    enum err err = ERR_OK;
    for (size_t at = 0; at < len && err == ERR_OK;) {
        const char *end = memchr(text + at, '&', len - at);
        size_t pair = end == NULL ? len - at : (size_t)(end - text) - at;
        if (pair > 0)
            err = add_pair(query, text + at, pair, error);
        at += pair + 1;
    }
    if (err != ERR_OK)
        query_fini(query);
    return err;
}

const char *query_get(const struct query *query, const char *name)
{
    for (size_t i = 0; i < query->count; i++)
        if (strcmp(query->pairs[i].name, name) == 0)
            return query->pairs[i].value[0] == '\0' ? NULL : query->pairs[i].value;
    return NULL;
}
