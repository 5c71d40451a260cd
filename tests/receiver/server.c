#include "tests/receiver/server.h"

#include <arpa/inet.h>
#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "tests/receiver/exchange.h"

#define CONNECTIONS_MAX 8192
#define CONNECTION_MEMORY (16u * 1024) /* libmicrohttpd clears it for every request */
#define TICK_S 0.2

struct server {
    struct exchange_room room; /* what the exchanges share */
    struct ev_loop *loop;
    int listening;
    ev_io ready;
    ev_timer deadline, tick;
    ev_prepare before_wait;
};

static void run(struct server *server)
{
    MHD_run(server->room.daemon);
}

static void on_ready(struct ev_loop *loop, ev_io *watcher, int events)
{
    (void)loop, (void)events;
    run(watcher->data);
}

static void on_deadline(struct ev_loop *loop, ev_timer *watcher, int events)
{
    (void)loop, (void)events;
    run(watcher->data);
}

/* Lets the hanging and dripping answers go on. */
static void on_tick(struct ev_loop *loop, ev_timer *watcher, int events)
{
    (void)loop, (void)events;
    struct server *server = watcher->data;
    exchange_tick(&server->room);
}

/* libmicrohttpd wants to be run again at once after a resume, and otherwise when its own deadline comes. */
static void on_before_wait(struct ev_loop *loop, ev_prepare *watcher, int events)
{
    (void)events;
    struct server *server = watcher->data;
    MHD_UNSIGNED_LONG_LONG wait_ms = 0;
    if (server->room.resumed) {
        server->room.resumed = false;
        run(server);
    }
    if (MHD_get_timeout(server->room.daemon, &wait_ms) != MHD_YES) {
        ev_timer_stop(loop, &server->deadline);
        return;
    }
    ev_timer_stop(loop, &server->deadline);
    ev_timer_set(&server->deadline, (double)wait_ms / 1000, 0.0);
    ev_timer_start(loop, &server->deadline);
}

static int listen_on(const struct server_options *options)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(options->port)};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || inet_pton(AF_INET, options->address, &address.sin_addr) != 1 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, SOMAXCONN) != 0) {
        perror(options->address);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    return fd;
}

static void start_watching(struct server *server)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->room.daemon, MHD_DAEMON_INFO_EPOLL_FD);
    ev_io_init(&server->ready, on_ready, info->epoll_fd, EV_READ);
    ev_timer_init(&server->deadline, on_deadline, 0.0, 0.0);
    ev_timer_init(&server->tick, on_tick, TICK_S, TICK_S);
    ev_prepare_init(&server->before_wait, on_before_wait);
    server->ready.data = server->deadline.data = server->tick.data = server->before_wait.data = server;
    ev_io_start(server->loop, &server->ready);
    ev_timer_start(server->loop, &server->tick);
    ev_prepare_start(server->loop, &server->before_wait);
}

struct server *server_new(struct ev_loop *loop, struct app *app, const struct server_options *options)
{
    struct server *server = mem_zalloc(sizeof *server);
    server->loop = loop;
    server->listening = listen_on(options);
    if (server->listening < 0) {
        free(server);
        return NULL;
    }
    exchange_room_init(&server->room, app, options->prefix);
    server->room.daemon =
        MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, exchange_receive, &server->room,
                         MHD_OPTION_LISTEN_SOCKET, server->listening, MHD_OPTION_NOTIFY_COMPLETED, exchange_completed,
                         &server->room, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
                         MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_END);
    if (!server->room.daemon) {
        fputs("libmicrohttpd did not start\n", stderr);
        close(server->listening);
        exchange_room_fini(&server->room);
        free(server);
        return NULL;
    }
    start_watching(server);
    return server;
}

void server_drop(struct server *server)
{
    if (!server)
        return;
    ev_io_stop(server->loop, &server->ready);
    ev_timer_stop(server->loop, &server->deadline);
    ev_timer_stop(server->loop, &server->tick);
    ev_prepare_stop(server->loop, &server->before_wait);
    exchange_release_all(&server->room);
    run(server);
    MHD_stop_daemon(server->room.daemon);
    exchange_room_fini(&server->room);
    free(server);
}

uint16_t server_port(const struct server *server)
{
    struct sockaddr_in address = {0};
    socklen_t len = sizeof address;
    if (getsockname(server->listening, (struct sockaddr *)&address, &len) != 0)
        perror("getsockname");
    return ntohs(address.sin_port);
}
