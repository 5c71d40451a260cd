/*
 * The table of routes (routes.c): what parsing, access, metrics and the OpenAPI document walk. To add one: a row there,
 * its handler in the file of its group, its schemas in schemas/, a test; nothing else knows of it.
 */
#ifndef REPRISE_DASHBOARD_ROUTE_H
#define REPRISE_DASHBOARD_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"
#include "common/query/query_result.h"
#include "dashboard/token.h"

struct call;

enum method { METHOD_GET, METHOD_POST, METHOD_PATCH, METHOD_DELETE, METHOD_COUNT };
extern const char *const method_names[METHOD_COUNT];

enum access {
    ACCESS_CALLER,  /* a session or a token */
    ACCESS_OPEN,    /* without a login */
    ACCESS_METRICS, /* the same, unless the program listens on loopback */
};

/* Which executors run it. Quick answers must not wait behind slow ones; a call that waits for an operation to end takes
 * no executor; logins have one executor of their own, for hashing a password takes memory and time. */
enum lane {
    LANE_QUICK,
    LANE_PATIENT,
    LANE_WAITING, /* no route's: calls that wait for an operation to end (call_executor.h) */
    LANE_LOGIN,
    LANE_COUNT,
    LANE_LOOP = LANE_COUNT, /* the loop itself: needs no login, touches no store and takes no time */
};

/* Runs on an executor and reads from top to bottom: reads the call, fills its reply (call.h). On an error the reply is
 * made from it. */
typedef enum err route_fn(struct call *call, struct err_info *error);

/* The same for several calls of one route, in one turn with PostgreSQL; each gets its reply, its error too. */
typedef void route_many_fn(struct call *const *calls, size_t count);

#define ROUTE_PARAMS_MAX 3
#define ROUTE_MANY_MAX 16

struct route {
    enum method method;
    const char *pattern; /* "/admin/api/apps/{app_id}" */
    enum access access;
    enum role role; /* that it needs; ROLE_NONE = what its method says: to look, or to do something */
    enum lane lane;
    enum { ROUTE_WITH_STORES, ROUTE_WITHOUT_STORES } needs; /* the latter answers when PostgreSQL does not */
    route_fn *run;                                          /* or: */
    route_many_fn *many;                                    /* or: */
    query_fn *ask;                                          /* a query of common/query, whose result is the reply */
    const char *query;  /* names of the parameters that it takes, separated by spaces; NULL = none */
    const char *body;   /* schema of what it is sent; NULL = nothing */
    size_t body_max;    /* bytes of it; 0 = ROUTE_BODY_MAX */
    const char *answer; /* schema of a success */
    int status;         /* of a success; 0 = 200 */
    const char *summary;
};

extern const struct route routes[]; /* ended by a NULL pattern */
size_t route_count(void);

/* What a path's variable parts were: borrowed names, owned values. */
struct route_params {
    size_t count;
    const char *names[ROUTE_PARAMS_MAX];
    size_t name_lens[ROUTE_PARAMS_MAX];
    char *values[ROUTE_PARAMS_MAX];
};
void route_params_fini(struct route_params *params);

/* What a request's path leads to. */
#define ROUTE_ALLOWED_MAX 40
struct route_match {
    const struct route *route;
    struct route_params params;
    char
        allowed[ROUTE_ALLOWED_MAX]; /* methods that the path knows, where it does not know the request's: "GET, POST" */
};
/* Which route a path (undecoded, without the query) belongs to; /api/v1/… is another spelling of /api/…. On success
 * `match->params` is owed to route_params_fini. ERR_NOT_FOUND; ERR_CONFLICT: another method, see `allowed`; ERR_USAGE:
 * a part that cannot be decoded. */
MUST_CHECK enum err route_find(const char *method, const char *path, size_t len, struct route_match *match,
                               struct err_info *error);
/* The role that a caller must have. */
enum role route_role(const struct route *route);
/* How many bytes of a body the route reads. */
#define ROUTE_BODY_MAX (64u * 1024)
size_t route_body_max(const struct route *route);
/* True where successful bodies are wrapped in {"data": …}. */
bool route_wraps(const struct route *route);
/* True if `path` belongs to the API, whether there is such a route or not. */
bool route_is_api(const char *path);

/* The OpenAPI 3.1 document as text (openapi.c): this table with the schemas of schemas/. It is made by the first caller
 * and kept. From any thread. */
const char *openapi_text(void);

#endif
