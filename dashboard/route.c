/*
 * Finds the row of routes.c that a path belongs to, and decodes its variable segments. Called by exchange.c when the
 * headers of a request have come; rows are tried in their order, so a fixed path stands before a pattern that would
 * match it too.
 */
#include "dashboard/route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dashboard/uri.h"

#define WRAPPED "/admin/api/"

const char *const method_names[METHOD_COUNT] = {"GET", "POST", "PATCH", "DELETE"};

size_t route_count(void)
{
    size_t count = 0;
    while (routes[count].pattern != NULL)
        count++;
    return count;
}

enum role route_role(const struct route *route)
{
    return route->role != ROLE_NONE ? route->role : route->method == METHOD_GET ? ROLE_VIEWER : ROLE_OPERATOR;
}

size_t route_body_max(const struct route *route)
{
    return route->body_max != 0 ? route->body_max : ROUTE_BODY_MAX;
}

bool route_wraps(const struct route *route)
{
    return strncmp(route->pattern, WRAPPED, strlen(WRAPPED)) == 0;
}

bool route_is_api(const char *path)
{
    return strncmp(path, WRAPPED, strlen(WRAPPED)) == 0 || strncmp(path, "/api/", 5) == 0;
}

void route_params_fini(struct route_params *params)
{
    for (size_t i = 0; i < params->count; i++)
        free(params->values[i]);
    params->count = 0;
}

/* A segment of a path, between two slashes. */
struct segment {
    const char *text;
    size_t len;
};

static struct segment next_segment(const char **at, const char *end)
{
    const char *from = *at + (*at < end && **at == '/'), *slash = memchr(from, '/', (size_t)(end - from));
    *at = slash == NULL ? end : slash;
    return (struct segment){from, (size_t)(*at - from)};
}

static bool is_variable(struct segment segment)
{
    return segment.len > 2 && *segment.text == '{';
}

/* Notes where the variable parts are; decodes nothing yet. */
static bool pattern_matches(const char *pattern, const char *path, size_t len,
                            struct segment variables[ROUTE_PARAMS_MAX])
{
    const char *p = pattern, *p_end = pattern + strlen(pattern), *end = path + len;
    size_t count = 0;
    if (len == 0 || *path != '/')
        return false;
    while (p < p_end && path < end) {
        struct segment wanted = next_segment(&p, p_end), got = next_segment(&path, end);
        if (is_variable(wanted) && got.len > 0)
            variables[count++] = got;
        else if (wanted.len != got.len || memcmp(wanted.text, got.text, got.len) != 0)
            return false;
    }
    return p == p_end && path == end;
}

static enum err variables_decode(const struct route *route, const struct segment variables[ROUTE_PARAMS_MAX],
                                 struct route_params *params, struct err_info *error)
{
    const char *p = route->pattern, *p_end = p + strlen(p);
    enum err err = ERR_OK;
    while (p < p_end && err == ERR_OK) {
        struct segment segment = next_segment(&p, p_end);
        if (!is_variable(segment))
            continue;
        size_t i = params->count;
        params->names[i] = segment.text + 1;
        params->name_lens[i] = segment.len - 2;
        err = uri_decode(variables[i].text, variables[i].len, URI_PLUS_IS_PLUS, &params->values[i], error);
        params->count += err == ERR_OK;
    }
    if (err != ERR_OK)
        route_params_fini(params);
    return err;
}

/* "/api/v1/x" is "/api/x". */
static bool route_matches(const struct route *route, const char *path, size_t len,
                          struct segment variables[ROUTE_PARAMS_MAX])
{
    static const char plain[] = "/api", versioned[] = "/api/v1";
    size_t cut = strlen(versioned), kept = strlen(plain);
    bool has_version = len > cut && strncmp(path, versioned, cut) == 0 && path[cut] == '/';
    if (!has_version)
        return pattern_matches(route->pattern, path, len, variables);
    return strncmp(route->pattern, plain, kept) == 0 &&
           pattern_matches(route->pattern + kept, path + cut, len - cut, variables);
}

enum err route_find(const char *method, const char *path, size_t len, struct route_match *match, struct err_info *error)
{
    struct segment variables[ROUTE_PARAMS_MAX];
    const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;
    *match = (struct route_match){.route = NULL};
    for (const struct route *r = routes; r->pattern != NULL; r++) {
        if (!route_matches(r, path, len, variables))
            continue;
        if (strcmp(method_names[r->method], wanted) == 0) {
            match->route = r;
            return variables_decode(r, variables, &match->params, error);
        }
        size_t used = strlen(match->allowed);
        snprintf(match->allowed + used, ROUTE_ALLOWED_MAX - used, "%s%s", used > 0 ? ", " : "",
                 method_names[r->method]);
    }
    if (*match->allowed != '\0')
        return err_set(error, ERR_CONFLICT, "this path accepts %s", match->allowed);
    return err_set(error, ERR_NOT_FOUND, "unknown path; /openapi.json lists all");
}
