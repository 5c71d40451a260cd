/*
 * Listens, and runs libmicrohttpd in the libev loop: connections come and go here (peers.h), the requests on them are
 * exchange.c's, and pages that listen hear of workers that come and go. What executors have answered comes back through
 * the mailbox `answered`. At the end no new connection is accepted, and the loop is left when no call is with an
 * executor.
 */
#include "dashboard/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/loop/redis_async.h"
#include "common/queue/names.h"
#include "dashboard/call_executor.h"
#include "dashboard/events.h"
#include "dashboard/exchange.h"
#include "dashboard/stream_watch.h"

#define CONNECTIONS_MAX 4096
#define CONNECTIONS_SPARE 256 /* accepted, and shut down again as too many */
#define FILES_SPARE 100       /* descriptors for all else */
#define HEADERS_MAX (16u * 1024)
#define SILENCE_S 75 /* a connection on which nothing moves at all */
#define TICK_S 0.5

/* ---- worker watch ------------------------------------------------------------------------------------------------ */

#define WATCH_EVERY_S 2.0
#define ANSWER_MS 2000
#define WORKERS_UNKNOWN (-1)

/* Counts the live workers every two seconds while at least one page listens, and publishes an event when the count has
 * changed: workers publish nothing of the kind themselves. */
struct worker_watch {
    struct ev_loop *loop;
    struct redis_async *redis;
    const char *prefix;
    struct events *events;
    ev_timer timer;
    int64_t alive;     /* as published last */
    uint64_t arrivals; /* of listeners, at the last count */
};

static void on_count(const redisReply *reply, void *context)
{
    struct worker_watch *watch = context;
    int64_t alive = redis_int(reply);
    if (reply == NULL || reply->type != REDIS_REPLY_INTEGER || alive == watch->alive)
        return;
    struct json_object *message = json_object_new_object();
    json_object_object_add(message, "type", json_object_new_string("worker"));
    json_object_object_add(message, "alive", json_object_new_int64(alive));
    events_publish(watch->events, "worker", message);
    json_object_put(message);
    watch->alive = alive;
}

/* The scores of the workers' beats are times of Redis' clock. */
static void on_time(const redisReply *reply, void *context)
{
    struct worker_watch *watch = context;
    if (redis_count(reply) != 2)
        return;
    int64_t now_ms = redis_int(redis_item(reply, 0)) * CLOCK_MS_PER_S + redis_int(redis_item(reply, 1)) / 1000;
    struct redis_args *args = redis_args_new();
    redis_arg(args, "ZCOUNT");
    name_plain(args, watch->prefix, "workers");
    redis_arg_int(args, now_ms - WORKER_ALIVE_MS);
    redis_arg(args, "+inf");
    (void)redis_async_send(watch->redis, args, ANSWER_MS, on_count, watch);
    redis_args_drop(args);
}

static void on_watch_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)events;
    struct worker_watch *watch = timer->data;
    uint64_t arrivals = events_arrivals(watch->events);
    if (arrivals != watch->arrivals)
        watch->alive =
            WORKERS_UNKNOWN; /* publish again for a new listener, even where it took the place of one that left */
    watch->arrivals = arrivals;
    if (events_listeners(watch->events) == 0)
        return;
    struct redis_args *args = redis_args_new();
    redis_arg(args, "TIME");
    (void)redis_async_send(watch->redis, args, ANSWER_MS, on_time, watch);
    redis_args_drop(args);
}

static void on_change(bool up, void *context)
{
    (void)up, (void)context;
}

static struct worker_watch *worker_watch_new(struct ev_loop *loop, const struct redis_address *address,
                                             const char *prefix, struct events *events)
{
    struct worker_watch *watch = mem_zalloc(sizeof *watch);
    *watch = (struct worker_watch){.loop = loop, .prefix = prefix, .events = events, .alive = WORKERS_UNKNOWN};
    watch->redis = redis_async_new(
        loop, &(struct redis_async_spec){.name = "watch", .address = address, .change = on_change, .context = watch});
    ev_timer_init(&watch->timer, on_watch_timer, WATCH_EVERY_S, WATCH_EVERY_S);
    watch->timer.data = watch;
    ev_timer_start(loop, &watch->timer);
    return watch;
}

static void worker_watch_drop(struct worker_watch *watch)
{
    if (watch == NULL)
        return;
    ev_timer_stop(watch->loop, &watch->timer);
    redis_async_drop(watch->redis);
    free(watch);
}

/* ---- the loop ---------------------------------------------------------------------------------------------------- */

static void on_tick(struct ev_loop *loop, ev_timer *watcher, int events)
{
    (void)loop, (void)events;
    struct server *server = watcher->data;
    if (peers_expire(server->peers, clock_mono_ms()) > 0)
        http_drive_again(&server->drive);
}

static void break_if_done(struct server *server)
{
    if (server->stopping && server->working == 0)
        ev_break(server->loop, EVBREAK_ALL);
}

static void on_answered(struct ev_loop *loop, ev_async *watcher, int events)
{
    (void)loop, (void)events;
    struct server *server = watcher->data;
    for (struct call *call = mailbox_take(server->pool->answered, 0); call != NULL;
         call = mailbox_take(server->pool->answered, 0)) {
        server->working--;
        exchange_answered(call);
    }
    break_if_done(server);
}

/* ---- connections ------------------------------------------------------------------------------------------------- */

static void on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct server *server = context;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        exchange_abandon(*socket_context);
        peers_remove(server->peers, *socket_context);
        return;
    }
    const union MHD_ConnectionInfo *fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const union MHD_ConnectionInfo *address = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    *socket_context = peers_add(server->peers, fd->connect_fd, address->client_addr);
}

static size_t most_connections(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return CONNECTIONS_MAX;
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
    size_t most = files.rlim_cur > FILES_SPARE + 2 * CONNECTIONS_SPARE
                      ? (size_t)files.rlim_cur - FILES_SPARE - CONNECTIONS_SPARE
                      : CONNECTIONS_SPARE;
    return most < CONNECTIONS_MAX ? most : CONNECTIONS_MAX;
}

/* ---- listening --------------------------------------------------------------------------------------------------- */

/* "127.0.0.1:8080" or "[::1]:8080", whose form the settings have checked. */
static bool read_address(const char *text, struct sockaddr_storage *out, socklen_t *len)
{
    struct sockaddr_in *four = (struct sockaddr_in *)out;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
    char host[INET6_ADDRSTRLEN];
    const char *colon = strrchr(text, ':');
    bool bracketed = *text == '[';
    size_t host_len = (size_t)(colon - text) - (bracketed ? 2 : 0);
    in_port_t port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    memset(out, 0, sizeof *out);
    if (host_len >= sizeof host)
        return false;
    memcpy(host, text + bracketed, host_len);
    host[host_len] = '\0';
    if (bracketed) {
        *six = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = port};
        *len = sizeof *six;
        return inet_pton(AF_INET6, host, &six->sin6_addr) == 1;
    }
    *four = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = port};
    *len = sizeof *four;
    return inet_pton(AF_INET, host, &four->sin_addr) == 1;
}

static bool is_loopback(const struct sockaddr_storage *address)
{
    const struct sockaddr_in *four = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
    return address->ss_family == AF_INET ? ntohl(four->sin_addr.s_addr) >> 24 == 127
                                         : IN6_IS_ADDR_LOOPBACK(&six->sin6_addr) != 0;
}

static enum err listen_on(const char *text, struct server *server, struct err_info *error)
{
    struct sockaddr_storage address;
    socklen_t len = 0;
    int one = 1;
    if (!read_address(text, &address, &len))
        return err_set(error, ERR_USAGE, "dashboard.listen: %s is no address", text);
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, SOMAXCONN) != 0) {
        err_set(error, ERR_UNREACHABLE, "dashboard.listen: cannot listen on %s: %s", text, strerror(errno));
        if (fd >= 0)
            close(fd);
        return ERR_UNREACHABLE;
    }
    server->listening = fd;
    server->pool->loopback = is_loopback(&address);
    return ERR_OK;
}

int server_port(const struct server *server)
{
    struct sockaddr_in6 address = {0}; /* an IPv4 address has its port in the same place */
    socklen_t len = sizeof address;
    (void)getsockname(server->listening, (struct sockaddr *)&address, &len);
    return ntohs(address.sin6_port);
}

/* ---- start and end ----------------------------------------------------------------------------------------------- */

/* The target comes undecoded to exchange_begin; what libmicrohttpd makes of it is not looked at. */
static size_t leave_escaped(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context, (void)connection;
    return strlen(text);
}

static enum err start_daemon(struct server *server, size_t most, struct err_info *error)
{
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, exchange_receive, server, MHD_OPTION_LISTEN_SOCKET,
        server->listening, MHD_OPTION_URI_LOG_CALLBACK, exchange_begin, server, MHD_OPTION_NOTIFY_COMPLETED,
        exchange_end, server, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_UNESCAPE_CALLBACK,
        leave_escaped, server, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)(most + CONNECTIONS_SPARE), MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADERS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SILENCE_S, MHD_OPTION_END);
    if (daemon == NULL)
        return err_set(error, ERR_PERMANENT, "libmicrohttpd did not start");
    http_drive_start(&server->drive, server->loop, daemon);
    return ERR_OK;
}

enum err server_new(struct ev_loop *loop, struct call_pool *pool, struct server **out, struct err_info *error)
{
    const struct config *config = call_pool_config(pool);
    struct server *server = mem_zalloc(sizeof *server);
    size_t most = most_connections();
    *server = (struct server){.loop = loop, .pool = pool, .listening = -1};
    server->peers =
        peers_new((struct peer_limits){(size_t)config->dashboard_per_address, most, config->dashboard_deadline_ms});
    ev_async_init(&server->answered, on_answered);
    server->answered.data = server;
    ev_async_start(loop, &server->answered);
    ev_timer_init(&server->tick, on_tick, TICK_S, TICK_S);
    server->tick.data = server;
    pool->answered = mailbox_new(loop, &server->answered);
    server->events = events_new(loop, &server->drive, pool);
    server->watch = worker_watch_new(loop, pool->redis, config->redis_prefix, server->events);
    server->streams = stream_watch_new(loop, pool, server->events);
    enum err err = address_list_parse(config->dashboard_trusted_proxies, &server->trusted, error);
    if (err != ERR_OK)
        err_prefix(error, "dashboard.trusted_proxies");
    if (err == ERR_OK)
        err = listen_on(config->dashboard_listen, server, error);
    if (err == ERR_OK)
        err = start_daemon(server, most, error);
    if (err != ERR_OK) {
        server_drop(server);
        return err;
    }
    ev_timer_start(loop, &server->tick);
    *out = server;
    return ERR_OK;
}

void server_stop(struct server *server)
{
    server->stopping = true;
    mailbox_put(server->pool->lanes[LANE_WAITING], &operation_waiter_close);
    MHD_quiesce_daemon(server->drive.daemon);
    break_if_done(server);
}

void server_drop(struct server *server)
{
    if (server == NULL)
        return;
    ev_timer_stop(server->loop, &server->tick);
    events_end_all(server->events);
    http_drive_stop(&server->drive);
    if (server->listening >= 0)
        close(server->listening);
    stream_watch_drop(server->streams);
    worker_watch_drop(server->watch);
    events_drop(server->events);
    ev_async_stop(server->loop, &server->answered);
    mailbox_drop(server->pool->answered);
    peers_drop(server->peers);
    address_list_drop(server->trusted);
    free(server);
}
