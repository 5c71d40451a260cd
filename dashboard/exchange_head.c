/*
 * The first line and the headers of a request: checks them before anything of the request counts (request smuggling,
 * the form of the target), then fills in what a call says of its sender: the headers that handlers read, the client's
 * address behind trusted proxies, whether the browser spoke TLS. Called by exchange.c as soon as the headers have come.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/mem.h"
#include "dashboard/exchange.h"
#include "dashboard/request_headers.h"

#define FORWARDED_FOR "X-Forwarded-For"
#define LAYOUT_UNTIL 0x00097701 /* of MHD_VERSION */

static enum MHD_Result on_header(void *context, enum MHD_ValueKind kind, const char *name, size_t name_len,
                                 const char *value, size_t value_len)
{
    (void)kind;
    smuggling_check_header(context, name, name_len, value, value_len);
    return MHD_YES;
}

const char *exchange_head_value(struct exchange *exchange, const char *name)
{
    return MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
}

static char *header(struct exchange *exchange, const char *name)
{
    const char *value = exchange_head_value(exchange, name);
    return value == NULL ? NULL : mem_strdup(value);
}

/* What proxies add to a request that they pass on. */
static const char *const proxy_headers[] = {
    FORWARDED_FOR, "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Server", "Forwarded",
    "Via",         "X-Real-IP",         "X-Client-IP",      "True-Client-IP",   "CF-Connecting-IP",   "X-Original-URI"};

/* All lines of X-Forwarded-For are one list (RFC 9110 5.3), whose last entry is the nearest: some proxies add a line of
 * their own to those that the client sent. */
struct proxy_trace {
    struct buf list;
    bool found;
};

static enum MHD_Result on_proxy_header(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind;
    struct proxy_trace *trace = context;
    for (size_t i = 0; i < sizeof proxy_headers / sizeof *proxy_headers; i++)
        trace->found = trace->found || strcasecmp(name, proxy_headers[i]) == 0;
    if (strcasecmp(name, FORWARDED_FOR) != 0 || value == NULL)
        return MHD_YES;
    buf_add_str(&trace->list, ", ");
    buf_add_str(&trace->list, value);
    return MHD_YES;
}

void exchange_head_take(struct exchange *exchange, const char *version)
{
    struct call *call = &exchange->call;
    const struct server *server = exchange->server;
    const struct sockaddr *peer = peer_address(exchange->peer);
    bool proxied = address_list_holds(server->trusted, peer);
    const char *proto = exchange_head_value(exchange, "X-Forwarded-Proto");
    struct proxy_trace trace = {.list = BUF_INIT};
    MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, on_proxy_header, &trace);
    call->content_type = header(exchange, MHD_HTTP_HEADER_CONTENT_TYPE);
    call->authorization = header(exchange, MHD_HTTP_HEADER_AUTHORIZATION);
    call->cookie = header(exchange, MHD_HTTP_HEADER_COOKIE);
    call->origin = header(exchange, MHD_HTTP_HEADER_ORIGIN);
    call->host = header(exchange, MHD_HTTP_HEADER_HOST);
    call->idempotency_key = header(exchange, "Idempotency-Key");
    header_client_address(peer, trace.list.data, server->trusted, call->address);
    buf_fini(&trace.list);
    const char *encodings = exchange_head_value(exchange, MHD_HTTP_HEADER_ACCEPT_ENCODING);
    call->takes_gzip = encodings != NULL && strstr(encodings, "gzip") != NULL;
    call->forwarded = trace.found || strcmp(version, "HTTP/1.1") !=
                                         0; /* HTTP/1.0: nginx sends it by default, besides it only old clients do */
    /* A proxy's connection carries requests of many clients: where it and libmicrohttpd (lenient within chunked bodies)
     * see different ends of a request, what is left must not become another client's next one. */
    exchange->closing = exchange->closing || proxied || call->forwarded;
    call->tls = strncmp(call_pool_config(server->pool)->dashboard_public_url, "https:", 6) == 0 ||
                (proxied && proto != NULL && strcmp(proto, "https") == 0);
}

#if MHD_VERSION < LAYOUT_UNTIL
static enum MHD_Result on_place(void *context, enum MHD_ValueKind kind, const char *name, size_t name_len,
                                const char *value, size_t value_len)
{
    (void)kind;
    smuggling_layout_header(context, name, name_len, value, value_len);
    return MHD_YES;
}

static enum err check_layout(struct exchange *exchange, const char *method, const char *version, struct err_info *error)
{
    struct smuggling_layout layout;
    struct MHD_Connection *connection = exchange->connection;
    size_t size = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size;
    smuggling_layout_begin(&layout, method, exchange->target_len, version);
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, on_place, &layout);
    return smuggling_layout_holds(&layout, size)
               ? ERR_OK
               : err_set(error, ERR_USAGE,
                         "the request is refused: each line of its head must end in CRLF, none may go "
                         "on in the next, be without a name or hold a NUL");
}
#else
static enum err check_layout(struct exchange *exchange, const char *method, const char *version, struct err_info *error)
{
    (void)exchange, (void)method, (void)version, (void)error;
    return ERR_OK; /* libmicrohttpd has refused it */
}
#endif

enum err exchange_head_check(struct exchange *exchange, const char *method, const char *version,
                             struct smuggling_check *check, struct err_info *error)
{
    struct call *call = &exchange->call;
    MHD_get_connection_values_n(exchange->connection, MHD_HEADER_KIND, on_header, check);
    enum err err = smuggling_check_end(check, version, error);
    if (err == ERR_OK)
        err = check_layout(exchange, method, version, error);
    if (err != ERR_OK)
        return err;
    if (*exchange->target != '/' || exchange->target[strcspn(exchange->target, "#\\")] != '\0')
        return err_set(error, ERR_USAGE, "the address of a request begins with / and holds neither # nor \\");
    if (exchange->target_len > EXCHANGE_TARGET_MAX)
        return call_refuse(call, 414, error, "the address of the request is too long");
    return ERR_OK;
}
