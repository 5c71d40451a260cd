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
    ev_timer tick;
};

/* Lets the hanging and dripping answers go on. */
static void on_tick(struct ev_loop *loop, ev_timer *watcher, int events)
{
    (void)loop, (void)events;
    struct server *server = watcher->data;
    exchange_tick(&server->room);
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
    struct MHD_Daemon *daemon =
        MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, exchange_receive, &server->room,
                         MHD_OPTION_LISTEN_SOCKET, server->listening, MHD_OPTION_NOTIFY_COMPLETED, exchange_completed,
                         &server->room, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
                         MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_END);
    if (!daemon) {
        fputs("libmicrohttpd did not start\n", stderr);
        close(server->listening);
        exchange_room_fini(&server->room);
        free(server);
        return NULL;
    }
    http_drive_start(&server->room.drive, loop, daemon);
    ev_timer_init(&server->tick, on_tick, TICK_S, TICK_S);
    server->tick.data = server;
    ev_timer_start(loop, &server->tick);
    return server;
}

void server_drop(struct server *server)
{
    if (!server)
        return;
    ev_timer_stop(server->loop, &server->tick);
    exchange_release_all(&server->room);
    http_drive_stop(&server->room.drive);
    close(server->listening);
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
