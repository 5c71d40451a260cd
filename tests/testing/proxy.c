#include "tests/testing/proxy.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/mem.h"

#define PAIRS_MAX 64
#define BLOCK 65536
#define ORDER_STOP 'x'

struct pair {
    int client, server; /* -1 = free */
    bool is_old;        /* was there when the mode was set */
};

struct proxy {
    char *path;
    struct sockaddr_un target;
    pthread_t thread;
    int listener;
    int orders[2], receipts[2];
    enum proxy_mode mode; /* of the thread alone */
    struct pair pairs[PAIRS_MAX];
};

static void give_up(const char *what)
{
    perror(what);
    abort();
}

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    assert(strlen(path) < sizeof address.sun_path);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    return address;
}

static void end_pair(struct pair *pair)
{
    if (pair->client >= 0)
        close(pair->client);
    if (pair->server >= 0)
        close(pair->server);
    pair->client = pair->server = -1;
}

static void take_client(struct proxy *proxy)
{
    int client = accept4(proxy->listener, NULL, NULL, SOCK_CLOEXEC);
    if (client < 0)
        return;
    for (int i = 0; i < PAIRS_MAX; i++) {
        struct pair *pair = &proxy->pairs[i];
        if (pair->client >= 0)
            continue;
        pair->client = client;
        pair->is_old = false;
        pair->server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(pair->server, (struct sockaddr *)&proxy->target, sizeof proxy->target) != 0)
            end_pair(pair);
        return;
    }
    close(client);
}

/* One block; ends the pair where a side has gone. */
static void forward(struct pair *pair, int from, int to)
{
    char block[BLOCK];
    ssize_t got = recv(from, block, sizeof block, 0);
    for (ssize_t sent = 0; sent < got;) {
        ssize_t part = send(to, block + sent, (size_t)(got - sent), MSG_NOSIGNAL);
        if (part <= 0) {
            got = 0;
            break;
        }
        sent += part;
    }
    if (got <= 0)
        end_pair(pair);
}

static bool obey(struct proxy *proxy)
{
    char order;
    if (read(proxy->orders[0], &order, 1) != 1)
        give_up("proxy: orders");
    if (order != ORDER_STOP)
        proxy->mode = (enum proxy_mode)order;
    for (int i = 0; i < PAIRS_MAX; i++)
        proxy->pairs[i].is_old = proxy->pairs[i].client >= 0;
    if (write(proxy->receipts[1], &order, 1) != 1)
        give_up("proxy: receipts");
    return order != ORDER_STOP;
}

static enum proxy_mode mode_of(const struct proxy *proxy, const struct pair *pair)
{
    if (proxy->mode == PROXY_OLD_MUTE)
        return pair->is_old ? PROXY_MUTE : PROXY_FORWARD;
    if (proxy->mode == PROXY_OLD_SILENT)
        return pair->is_old ? PROXY_SILENT : PROXY_FORWARD;
    return proxy->mode;
}

/* poll looks over negative descriptors: that is how the mode stops a direction. */
static void watch(const struct proxy *proxy, struct pollfd *watched)
{
    watched[0] = (struct pollfd){proxy->orders[0], POLLIN, 0};
    watched[1] = (struct pollfd){proxy->mode == PROXY_SILENT ? -1 : proxy->listener, POLLIN, 0};
    for (int i = 0; i < PAIRS_MAX; i++) {
        const struct pair *pair = &proxy->pairs[i];
        enum proxy_mode mode = mode_of(proxy, pair);
        watched[2 + 2 * i] = (struct pollfd){mode == PROXY_SILENT ? -1 : pair->client, POLLIN, 0};
        watched[3 + 2 * i] = (struct pollfd){mode != PROXY_FORWARD ? -1 : pair->server, POLLIN, 0};
    }
}

static void *proxy_main(void *context)
{
    struct proxy *proxy = context;
    struct pollfd watched[2 + 2 * PAIRS_MAX];
    for (;;) {
        watch(proxy, watched);
        if (poll(watched, sizeof watched / sizeof *watched, -1) < 0 && errno != EINTR)
            give_up("proxy: poll");
        if (watched[0].revents != 0) { /* first: the mode counts for what has not come through */
            if (!obey(proxy))
                return NULL;
            continue;
        }
        for (int i = 0; i < PAIRS_MAX; i++) {
            struct pair *pair = &proxy->pairs[i];
            if (watched[2 + 2 * i].revents != 0)
                forward(pair, pair->client, pair->server);
            if (watched[3 + 2 * i].revents != 0 && pair->server >= 0)
                forward(pair, pair->server, pair->client);
        }
        if (watched[1].revents != 0)
            take_client(proxy);
    }
}

struct proxy *proxy_new(const char *path, const char *target)
{
    struct proxy *proxy = mem_zalloc(sizeof *proxy);
    struct sockaddr_un address = address_of(path);
    proxy->path = mem_strdup(path);
    proxy->target = address_of(target);
    for (int i = 0; i < PAIRS_MAX; i++)
        proxy->pairs[i] = (struct pair){-1, -1, false};
    proxy->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(proxy->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(proxy->listener, PAIRS_MAX) != 0)
        give_up(path);
    if (pipe(proxy->orders) != 0 || pipe(proxy->receipts) != 0 ||
        pthread_create(&proxy->thread, NULL, proxy_main, proxy) != 0)
        give_up("proxy");
    return proxy;
}

static void order(struct proxy *proxy, char what)
{
    char receipt;
    if (write(proxy->orders[1], &what, 1) != 1 || read(proxy->receipts[0], &receipt, 1) != 1)
        give_up("proxy: order");
}

void proxy_set(struct proxy *proxy, enum proxy_mode mode)
{
    order(proxy, (char)mode);
}

void proxy_drop(struct proxy *proxy)
{
    if (proxy == NULL)
        return;
    order(proxy, ORDER_STOP);
    pthread_join(proxy->thread, NULL);
    for (int i = 0; i < PAIRS_MAX; i++)
        end_pair(&proxy->pairs[i]);
    close(proxy->listener);
    unlink(proxy->path);
    for (int i = 0; i < 2; i++) {
        close(proxy->orders[i]);
        close(proxy->receipts[i]);
    }
    free(proxy->path);
    free(proxy);
}
