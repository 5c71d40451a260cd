/* A server on loopback that gives canned answers by path, one thread a connection. For test_http.c alone. */
#ifndef REPRISE_TESTS_CANNED_SERVER_H
#define REPRISE_TESTS_CANNED_SERVER_H

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/buf.h"

#define SOON_MS 20000 /* a bound for waiting, never a time that a test takes */
#define BODY_MAX 4194304

static int listener;
static int port;
static atomic_int connections, requests;
static pthread_mutex_t last_lock = PTHREAD_MUTEX_INITIALIZER;
static char last_head[8192]; /* of the last request */
static struct buf last_body; /* both under last_lock */

static bool send_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        len -= (size_t)sent;
    }
    return true;
}

static bool send_text(int fd, const char *text)
{
    return send_all(fd, text, strlen(text));
}

/* Until the client has gone; a byte every 50 ms. */
static void drip(int fd)
{
    struct pollfd gone = {.fd = fd, .events = POLLRDHUP};
    send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    while (send_all(fd, ".", 1) && poll(&gone, 1, 50) == 0)
        ;
}

static void hang(int fd)
{
    struct pollfd gone = {.fd = fd, .events = POLLRDHUP};
    poll(&gone, 1, SOON_MS);
}

static void send_much(int fd, const char *head)
{
    char block[4096];
    memset(block, 'x', sizeof(block));
    send_text(fd, head);
    while (send_all(fd, block, sizeof(block)))
        ;
}

/* Says whether the connection stays. */
static bool answer(int fd, const char *path)
{
    static const struct {
        const char *path, *text;
    } canned[] = {
        {"/ok", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"},
        {"/none", "HTTP/1.1 204 No Content\r\n\r\n"},
        {"/busy", "HTTP/1.1 503 Service Unavailable\r\nretry-after:  7 \r\nContent-Length: 9\r\n\r\nsorry\x1b[1m"},
        {"/missing", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"},
        {"/moved", "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n"},
        {"/early", "HTTP/1.1 100 Continue\r\nRetry-After: 9\r\n\r\nHTTP/1.1 429 Slow\r\nContent-Length: 0\r\n\r\n"},
    };
    for (size_t i = 0; i < sizeof(canned) / sizeof(canned[0]); i++) {
        if (strcmp(path, canned[i].path) == 0)
            return send_text(fd, canned[i].text);
    }
    if (strcmp(path, "/drip") == 0)
        drip(fd);
    else if (strcmp(path, "/hang") == 0)
        hang(fd);
    else if (strcmp(path, "/huge") == 0)
        send_much(fd, "HTTP/1.1 200 OK\r\n\r\n");
    else if (strcmp(path, "/huge-500") == 0)
        send_much(fd, "HTTP/1.1 500 Oops\r\n\r\n");
    else if (strcmp(path, "/headers") == 0)
        send_much(fd, "HTTP/1.1 200 OK\r\nX: ");
    else if (strcmp(path, "/half") == 0)
        send_text(fd, "HTTP/1.1 200 O");
    else if (strcmp(path, "/cut-body") == 0)
        send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort");
    else if (strcmp(path, "/bye") == 0)
        send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    return false;
}

/* Reads one request; false at the end of the connection. */
static bool read_request(int fd, char path[256])
{
    char head[8192];
    size_t len = 0, body_len = 0;
    while (len < 4 || memcmp(head + len - 4, "\r\n\r\n", 4) != 0) {
        if (len == sizeof(head) - 1 || recv(fd, head + len, 1, 0) != 1)
            return false;
        len++;
    }
    head[len] = '\0';
    const char *length = strcasestr(head, "content-length:");
    if (length != NULL)
        body_len = strtoul(length + 15, NULL, 10);
    if (body_len > BODY_MAX || sscanf(head, "POST %255s", path) != 1)
        return false;
    char *body = malloc(body_len + 1);
    bool whole = body_len == 0 || recv(fd, body, body_len, MSG_WAITALL) == (ssize_t)body_len;
    pthread_mutex_lock(&last_lock);
    strcpy(last_head, head);
    buf_reset(&last_body);
    buf_add(&last_body, body, whole ? body_len : 0);
    pthread_mutex_unlock(&last_lock);
    free(body);
    return whole;
}

static void *serve(void *context)
{
    int fd = *(int *)context;
    char path[256];
    free(context);
    while (read_request(fd, path)) {
        atomic_fetch_add(&requests, 1);
        if (!answer(fd, path))
            break;
    }
    /* Closed by a FIN even with unread bytes, so that the client sees what was sent. */
    shutdown(fd, SHUT_WR);
    close(fd);
    return NULL;
}

static void *accept_all(void *context)
{
    (void)context;
    for (;;) {
        int *fd = malloc(sizeof(*fd));
        pthread_t thread;
        *fd = accept(listener, NULL, NULL);
        if (*fd < 0) {
            free(fd);
            return NULL;
        }
        atomic_fetch_add(&connections, 1);
        if (pthread_create(&thread, NULL, serve, fd) == 0)
            pthread_detach(thread);
    }
}

static pthread_t acceptor;

static int start_server(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    (void)state;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (const struct sockaddr *)&address, len) != 0 || listen(listener, 64) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &len) != 0)
        return -1;
    port = ntohs(address.sin_port);
    return pthread_create(&acceptor, NULL, accept_all, NULL);
}

static int stop_server(void **state)
{
    (void)state;
    shutdown(listener, SHUT_RDWR);
    pthread_join(acceptor, NULL);
    close(listener);
    buf_fini(&last_body);
    return 0;
}

#endif
