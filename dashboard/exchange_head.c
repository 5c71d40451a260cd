#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/mem.h"
#include "dashboard/exchange.h"
#include "dashboard/request_headers.h"
#include "dashboard/layout.h"

#define FORWARDED_FOR "X-Forwarded-For"
#define LAYOUT_UNTIL 0x00097701 /* of MHD_VERSION */

static enum MHD_Result on_header(void *context, enum MHD_ValueKind kind, const char *name, size_t name_len,
                                 const char *value, size_t value_len)
{
    (void)kind;
    strict_header(context, name, name_len, value, value_len);
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
struct passed_on {
    struct buf list;
    bool is_so;
};

static enum MHD_Result on_passed_on(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind;
    struct passed_on *passed = context;
    for (size_t i = 0; i < sizeof proxy_headers / sizeof *proxy_headers; i++)
        passed->is_so = passed->is_so || strcasecmp(name, proxy_headers[i]) == 0;
    if (strcasecmp(name, FORWARDED_FOR) != 0 || value == NULL)
        return MHD_YES;
    buf_add_str(&passed->list, ", ");
    buf_add_str(&passed->list, value);
    return MHD_YES;
}

void exchange_head_take(struct exchange *exchange, const char *version)
{
    struct call *call = &exchange->call;
    const struct server *server = exchange->server;
    const struct sockaddr *peer = peer_address(exchange->peer);
    bool proxied = address_list_holds(server->trusted, peer);
    const char *proto = exchange_head_value(exchange, "X-Forwarded-Proto");
    struct passed_on passed = {.list = BUF_INIT};
    MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, on_passed_on, &passed);
    call->content_type = header(exchange, MHD_HTTP_HEADER_CONTENT_TYPE);
    call->authorization = header(exchange, MHD_HTTP_HEADER_AUTHORIZATION);
    call->cookie = header(exchange, MHD_HTTP_HEADER_COOKIE);
    call->origin = header(exchange, MHD_HTTP_HEADER_ORIGIN);
    call->host = header(exchange, MHD_HTTP_HEADER_HOST);
    forwarded_client(peer, passed.list.data, server->trusted, call->address);
    buf_fini(&passed.list);
    call->forwarded = passed.is_so || strcmp(version, "HTTP/1.1") != 0; /* nginx by default, and none but old clients */
    /* A proxy's connection carries requests of many: where it and libmicrohttpd (lenient within chunked bodies) see
     * different ends of a request, what is left must not become somebody's next one. */
    exchange->closing = exchange->closing || proxied || call->forwarded;
    call->tls = strncmp(office_config(server->office)->dashboard_public_url, "https:", 6) == 0 ||
                (proxied && proto != NULL && strcmp(proto, "https") == 0);
}

#if MHD_VERSION < LAYOUT_UNTIL
static enum MHD_Result on_place(void *context, enum MHD_ValueKind kind, const char *name, size_t name_len,
                                const char *value, size_t value_len)
{
    (void)kind;
    layout_header(context, name, name_len, value, value_len);
    return MHD_YES;
}

static enum err check_layout(struct exchange *exchange, const char *method, const char *version, struct err_info *error)
{
    struct layout layout;
    struct MHD_Connection *connection = exchange->connection;
    size_t size = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size;
    layout_begin(&layout, method, exchange->target_len, version);
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, on_place, &layout);
    return layout_holds(&layout, size)
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

enum err exchange_head_check(struct exchange *exchange, const char *method, const char *version, struct strict *strict,
                             struct err_info *error)
{
    struct call *call = &exchange->call;
    MHD_get_connection_values_n(exchange->connection, MHD_HEADER_KIND, on_header, strict);
    enum err err = strict_end(strict, version, error);
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
