/*
 * One request and its answer, as libmicrohttpd calls for them:
 *
 *   target → headers (refused here, if at all) → body → asleep while an executor works → the reply leaves → over
 *
 * Runs on the loop's thread and never waits: what reads a store is an executor's (call_executor.c). While an executor
 * has the call (WORKING) the connection is suspended, and nothing here may touch the call or drop the exchange.
 */
#include "dashboard/exchange.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "dashboard/call.h"
#include "dashboard/events.h"
#include "dashboard/metrics.h"
#include "dashboard/web.h"

#define STREAM_RETRY_S 10
#define BODIES_RETRY_S 5
#define PARAMETERS_MAX 128
#define BODY_SMALL (16u * 1024)
#define BODY_READ_MAX (8u * 1024 * 1024) /* of one that is refused already */
#define BODIES_LARGE_MAX (64u * 1024 * 1024)

/* libmicrohttpd keeps each parameter in the connection's memory: where they do not fit it neither answers nor closes
 * the connection. */
static bool has_too_many_parameters(const char *target)
{
    size_t count = 0;
    for (const char *at = strchr(target, '?'); at != NULL && count <= PARAMETERS_MAX; at = strchr(at + 1, '&'))
        count++;
    return count > PARAMETERS_MAX;
}

/* A proxy may pass dashboard.base_path on, or strip it itself. */
static void strip_base_path(struct exchange *exchange)
{
    const char *base = call_pool_config(exchange->server->pool)->dashboard_base_path;
    char *target = exchange->target;
    size_t len = strlen(base);
    if (len == 0 || strncmp(target, base, len) != 0)
        return;
    exchange->at_base = target[len] == '\0' || target[len] == '?';
    if (target[len] == '/')
        memmove(target, target + len, strlen(target + len) + 1);
}

void *exchange_begin(void *context, const char *target, struct MHD_Connection *connection)
{
    struct exchange *exchange = mem_zalloc(sizeof *exchange);
    exchange->server = context;
    exchange->connection = connection;
    exchange->peer = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    exchange->target = mem_strdup(target);
    exchange->target_len = strlen(target);
    strip_base_path(exchange);
    exchange->began_us = clock_mono_us();
    call_init(&exchange->call);
    peer_set(exchange->peer, PEER_READING);
    exchange_abandon(exchange->peer);
    *peer_request(exchange->peer) = exchange;
    if (has_too_many_parameters(target))
        peer_shut(exchange->peer);
    return exchange;
}

static void exchange_drop(struct exchange *exchange)
{
    *peer_request(exchange->peer) = NULL;
    if (exchange->file != NULL)
        MHD_destroy_response(exchange->file);
    exchange->server->large_bodies -= exchange->large;
    call_fini(&exchange->call);
    free(exchange->target);
    free(exchange);
}

void exchange_abandon(struct peer *peer)
{
    struct exchange *exchange = *peer_request(peer);
    if (exchange == NULL)
        return;
    assert(exchange->phase != WORKING); /* an executor has it, and its connection sleeps */
    exchange_drop(exchange);
}

void exchange_end(void *context, struct MHD_Connection *connection, void **place, enum MHD_RequestTerminationCode code)
{
    (void)context, (void)connection;
    struct exchange *exchange = *place;
    *place = NULL;
    if (exchange == NULL)
        return;
    if (exchange->phase == SENT)
        metrics_count_request(exchange->call.route, exchange->call.reply.status, clock_mono_us() - exchange->began_us);
    if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK)
        peer_set(exchange->peer, PEER_IDLE);
    exchange_drop(exchange);
}

/* ---- the reply leaves -------------------------------------------------------------------------------------------- */

/* Takes the response. */
static enum MHD_Result response_queue(struct exchange *exchange, struct MHD_Response *response, enum peer_state state)
{
    if (exchange->closing)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    peer_set(exchange->peer, state);
    exchange->phase = SENT;
    enum MHD_Result done = MHD_queue_response(exchange->connection, (unsigned)exchange->call.reply.status, response);
    MHD_destroy_response(response);
    return done;
}

/* The connection ends with the stream: no later request on it waits behind it. */
static enum MHD_Result send_events(struct exchange *exchange)
{
    struct events *events = exchange->server->events;
    exchange->closing = true;
    return response_queue(
        exchange, events_response(events, exchange->connection, exchange->peer, &exchange->call.caller), PEER_STREAM);
}

static void refuse_events(struct call *call)
{
    struct err_info error = {0};
    call->reply.retry_after_s = STREAM_RETRY_S;
    if (call_refuse(call, 429, &error,
                    "this address has too many open event streams: close some of its pages, or try again later") !=
        ERR_OK)
        call_reply_error(call, &error);
}

static enum MHD_Result send_reply(struct exchange *exchange)
{
    struct call *call = &exchange->call;
    const struct server *server = exchange->server;
    if (call->reply.ends_session)
        events_end_caller(server->events, &call->caller);
    if (call->reply.kind == REPLY_EVENTS && peers_may_stream(server->peers, exchange->peer))
        return send_events(exchange);
    if (call->reply.kind == REPLY_EVENTS)
        refuse_events(call);
    return response_queue(exchange, response_of(call, call_pool_config(server->pool)), PEER_WRITING);
}

static enum MHD_Result request_refuse(struct exchange *exchange, const struct err_info *error)
{
    exchange->closing = true; /* what follows on the connection may not be a request */
    call_reply_error(&exchange->call, error);
    return send_reply(exchange);
}

/* ---- the headers have come --------------------------------------------------------------------------------------- */

/* True for a parameter that the route's row names. */
static bool route_takes(const struct route *route, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = route->query == NULL ? "" : route->query; *at != '\0'; at += strspn(at, " ")) {
        size_t word = strcspn(at, " ");
        if (word == len && strncmp(at, name, len) == 0)
            return true;
        at += word;
    }
    return false;
}

static enum err read_target(struct exchange *exchange, const char *method, struct err_info *error)
{
    struct call *call = &exchange->call;
    size_t path = strcspn(exchange->target, "?");
    const char *query = exchange->target[path] == '?' ? exchange->target + path + 1 : "";
    struct route_match match;
    enum err err = route_find(method, exchange->target, path, &match, error);
    call->route = match.route;
    call->params = match.params;
    memcpy(exchange->allowed, match.allowed, sizeof match.allowed);
    if (err == ERR_CONFLICT) {
        call->refusal = 405;
        call->reply.allowed = exchange->allowed;
    }
    if (err == ERR_OK)
        err = uri_query_parse(query, strlen(query), &call->query, error);
    for (size_t i = 0; err == ERR_OK && i < call->query.count; i++)
        if (!route_takes(call->route, call->query.pairs[i].name))
            err = err_set(error, ERR_USAGE, "unknown parameter %s%s%s", call->query.pairs[i].name,
                          call->route->query == NULL ? "" : "; known here: ",
                          call->route->query == NULL ? "" : call->route->query);
    return err;
}

static enum err refuse_length(struct exchange *exchange, struct err_info *error)
{
    return call_refuse(&exchange->call, MHD_HTTP_CONTENT_TOO_LARGE, error,
                       "the body is too large: at most %zu bytes are accepted", route_body_max(exchange->call.route));
}

static enum err check_length(struct exchange *exchange, int64_t length, struct err_info *error)
{
    bool fits = length <= (int64_t)route_body_max(exchange->call.route);
    return fits ? ERR_OK : refuse_length(exchange, error);
}

/* True if it asks for a file of the page; else it may be for a route. */
static bool find_file(struct exchange *exchange)
{
    char path[EXCHANGE_TARGET_MAX + 1];
    unsigned status = 0;
    snprintf(path, sizeof path, "%.*s", (int)strcspn(exchange->target, "?"), exchange->target);
    struct web_request request = {
        .path = path,
        .if_none_match = exchange_head_value(exchange, MHD_HTTP_HEADER_IF_NONE_MATCH),
        .accept_encoding = exchange_head_value(exchange, MHD_HTTP_HEADER_ACCEPT_ENCODING),
    };
    exchange->file = web_response(&request, call_pool_config(exchange->server->pool)->web_root, &status);
    if (exchange->file == NULL)
        return false;
    response_harden(exchange->file);
    exchange->call.reply.status = (int)status;
    return true;
}

static enum MHD_Result redirect_to_base(struct exchange *exchange)
{
    struct call *call = &exchange->call;
    struct buf location = BUF_INIT;
    buf_addf(&location, "%s/", call_pool_config(exchange->server->pool)->dashboard_base_path);
    call->reply.location = buf_take(&location);
    call->reply.status = MHD_HTTP_MOVED_PERMANENTLY;
    call->reply.type = "text/plain";
    exchange->phase = ANSWERED;
    return MHD_YES;
}

/* An answer before the request is complete ends the connection in libmicrohttpd: right for what is suspect, and for a
 * body that will not be read; all else is answered when the rest of it has come. */
static enum MHD_Result on_headers(struct exchange *exchange, const char *method, const char *version)
{
    struct smuggling_check check = {.wrong = NULL};
    struct err_info error = {0};
    exchange->phase = READING;
    if (exchange_head_check(exchange, method, version, &check, &error) != ERR_OK)
        return request_refuse(exchange, &error);
    exchange_head_take(exchange, version);
    bool has_body = check.chunked || check.length > 0,
         reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    if (reads && !has_body && exchange->at_base)
        return redirect_to_base(exchange);
    if (reads && !has_body && !route_is_api(exchange->target) && find_file(exchange))
        return MHD_YES;
    enum err err = read_target(exchange, method, &error);
    if (err == ERR_OK)
        err = check_length(exchange, check.length, &error);
    if (err == ERR_OK)
        return MHD_YES;
    if (has_body)
        return request_refuse(exchange, &error);
    call_reply_error(&exchange->call, &error);
    exchange->phase = ANSWERED;
    return MHD_YES;
}

/* ---- the body ---------------------------------------------------------------------------------------------------- */

/* Bodies are read before their callers are known: all large ones together have a limit. */
static bool body_reserve(struct exchange *exchange, size_t len)
{
    struct server *server = exchange->server;
    size_t large = len > BODY_SMALL ? len - BODY_SMALL : 0, more = large - exchange->large;
    if (server->large_bodies + more > BODIES_LARGE_MAX)
        return false;
    exchange->large = large;
    server->large_bodies += more;
    return true;
}

/* libmicrohttpd cannot answer in the midst of a body: a body that is refused is read on and discarded, up to a limit at
 * which the connection is cut. */
static void body_discard(struct exchange *exchange, int status)
{
    exchange->unwanted = status;
    exchange->server->large_bodies -= exchange->large;
    exchange->large = 0;
    buf_fini(&exchange->call.body);
    exchange->call.body = (struct buf)BUF_INIT;
}

/* The size of a chunked body shows only as it comes. */
static enum MHD_Result on_body(struct exchange *exchange, const char *bytes, size_t *len)
{
    exchange->read += *len;
    if (exchange->unwanted == 0 && exchange->read > route_body_max(exchange->call.route))
        body_discard(exchange, MHD_HTTP_CONTENT_TOO_LARGE);
    else if (exchange->unwanted == 0 && !body_reserve(exchange, exchange->read))
        body_discard(exchange, MHD_HTTP_SERVICE_UNAVAILABLE);
    if (exchange->unwanted == 0)
        buf_add(&exchange->call.body, bytes, *len);
    *len = 0;
    return exchange->read > BODY_READ_MAX ? MHD_NO : MHD_YES;
}

static enum MHD_Result refuse_body(struct exchange *exchange)
{
    struct err_info error = {0};
    bool too_large = exchange->unwanted == MHD_HTTP_CONTENT_TOO_LARGE;
    exchange->call.reply.retry_after_s = too_large ? 0 : BODIES_RETRY_S;
    if (too_large)
        refuse_length(exchange, &error);
    else
        call_refuse(&exchange->call, exchange->unwanted, &error, "too many large bodies are being received; try again");
    return request_refuse(exchange, &error);
}

static enum MHD_Result answer_at_once(struct exchange *exchange)
{
    struct err_info error = {0};
    if (exchange->call.route->run(&exchange->call, &error) != ERR_OK)
        call_reply_error(&exchange->call, &error);
    return send_reply(exchange);
}

static enum MHD_Result on_complete(struct exchange *exchange)
{
    struct server *server = exchange->server;
    if (exchange->unwanted != 0)
        return refuse_body(exchange);
    if (exchange->file != NULL) {
        struct MHD_Response *file = exchange->file;
        exchange->file = NULL;
        return response_queue(exchange, file, PEER_WRITING);
    }
    if (exchange->call.route->lane == LANE_LOOP)
        return answer_at_once(exchange);
    exchange->phase = WORKING;
    peer_set(exchange->peer, PEER_WORKING);
    MHD_suspend_connection(exchange->connection);
    server->working++;
    mailbox_put(server->pool->lanes[exchange->call.route->lane], &exchange->call);
    return MHD_YES;
}

void exchange_answered(struct call *call)
{
    struct exchange *exchange = (struct exchange *)call;
    exchange->phase = ANSWERED;
    http_drive_resume(&exchange->server->drive, exchange->connection);
}

enum MHD_Result exchange_receive(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                 const char *version, const char *upload, size_t *upload_len, void **place)
{
    (void)context, (void)connection, (void)url;
    struct exchange *exchange = *place;
    if (exchange->phase == NEW)
        return on_headers(exchange, method, version);
    if (exchange->phase == READING && *upload_len > 0)
        return on_body(exchange, upload, upload_len);
    if (exchange->phase == READING)
        return on_complete(exchange);
    return exchange->phase == ANSWERED ? send_reply(exchange) : MHD_YES;
}
