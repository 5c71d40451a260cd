/* A real libmicrohttpd in a real loop, with clients on sockets in the same loop, so that only the drive can move it. */
#include "common/loop/http_drive.h"

#include <microhttpd.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/testing/testing.h"

#define SOON_S 20. /* a bound for waiting, never a time that a test takes */
#define CLIENTS_MAX 2
#define SILENCE_S 1

/* What one client has got; `closed` once the server has ended its connection. */
struct client {
    int fd;
    ev_io readable;
    char text[1024];
    size_t len;
    bool closed;
};

struct fixture {
    struct ev_loop *loop;
    ev_timer bound, later;
    struct http_drive drive;
    int listening;
    struct client clients[CLIENTS_MAX];
    struct MHD_Connection *asleep; /* the one that asked for /sleep */
};

/* ---- the server: /sleep is answered once it is woken, /wake wakes it, all else is answered
 * ---------------------------- */

static enum MHD_Result answer(struct MHD_Connection *connection)
{
    static char body[] = "here you are";
    struct MHD_Response *response = MHD_create_response_from_buffer(sizeof body - 1, body, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result queued = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return queued;
}

static void wake(struct fixture *f)
{
    struct MHD_Connection *asleep = f->asleep;
    f->asleep = NULL;
    http_drive_resume(&f->drive, asleep);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_len, void **seen)
{
    (void)method, (void)version, (void)upload;
    *upload_len = 0;
    struct fixture *f = context;
    bool first = *seen == NULL;
    *seen = f;
    if (first && strcmp(url, "/sleep") == 0) {
        MHD_suspend_connection(connection);
        f->asleep = connection;
        return MHD_YES;
    }
    if (first && strcmp(url, "/wake") == 0)
        wake(f);
    return first ? MHD_YES : answer(connection);
}

/* ---- clients
 * ---------------------------------------------------------------------------------------------------------- */

static void on_readable(struct ev_loop *loop, ev_io *watcher, int events)
{
    (void)events;
    struct client *client = watcher->data;
    ssize_t got = read(client->fd, client->text + client->len, sizeof client->text - 1 - client->len);
    if (got > 0) {
        client->len += (size_t)got;
        return;
    }
    client->closed = true;
    ev_io_stop(loop, watcher);
}

static struct client *client_connect(struct fixture *f, int number)
{
    struct client *client = &f->clients[number];
    struct sockaddr_in address;
    socklen_t len = sizeof address;
    assert_int_equal(getsockname(f->listening, (struct sockaddr *)&address, &len), 0);
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(client->fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(fcntl(client->fd, F_SETFL, O_NONBLOCK), 0);
    ev_io_init(&client->readable, on_readable, client->fd, EV_READ);
    client->readable.data = client;
    ev_io_start(f->loop, &client->readable);
    return client;
}

static void client_ask(const struct client *client, const char *path)
{
    char request[128];
    int len = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: test\r\n\r\n", path);
    assert_int_equal(write(client->fd, request, (size_t)len), len);
}

static bool is_answered(const struct client *client)
{
    return strstr(client->text, "here you are") != NULL;
}

static void turn_until_answered(struct fixture *f, const struct client *client)
{
    while (!is_answered(client))
        ev_run(f->loop, EVRUN_ONCE);
}

static void turn_until_asleep(struct fixture *f)
{
    while (f->asleep == NULL)
        ev_run(f->loop, EVRUN_ONCE);
}

/* ---- the fixture
 * ------------------------------------------------------------------------------------------------------ */

static void on_bound(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)timer, (void)events;
    fail_msg("nothing happened for %g s", SOON_S);
}

static void on_later(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)events;
    wake(timer->data);
}

static int listen_somewhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, CLIENTS_MAX), 0);
    return fd;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->loop = ev_loop_new(EVFLAG_AUTO);
    f->listening = listen_somewhere();
    f->clients[0].fd = f->clients[1].fd = -1;
    ev_timer_init(&f->bound, on_bound, SOON_S, 0.);
    ev_timer_start(f->loop, &f->bound);
    ev_timer_init(&f->later, on_later, 0.001, 0.);
    f->later.data = f;
    struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, f,
                                                 MHD_OPTION_LISTEN_SOCKET, f->listening, MHD_OPTION_CONNECTION_TIMEOUT,
                                                 SILENCE_S, MHD_OPTION_END);
    assert_non_null(daemon);
    http_drive_start(&f->drive, f->loop, daemon);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    if (f->asleep != NULL)
        wake(f);
    http_drive_stop(&f->drive);
    for (int i = 0; i < CLIENTS_MAX; i++)
        if (f->clients[i].fd >= 0) {
            ev_io_stop(f->loop, &f->clients[i].readable);
            close(f->clients[i].fd);
        }
    ev_timer_stop(f->loop, &f->bound);
    ev_loop_destroy(f->loop);
    close(f->listening);
    free(f);
    return 0;
}

/* ---- tests
 * ------------------------------------------------------------------------------------------------------------ */

static void it_answers_request_after_request(void **state)
{
    struct fixture *f = *state;
    struct client *client = client_connect(f, 0);
    for (int i = 0; i < 3; i++) {
        client->len = 0;
        memset(client->text, 0, sizeof client->text);
        client_ask(client, "/");
        turn_until_answered(f, client);
    }
}

/* No socket is ready and no deadline is near: the drive alone runs the daemon again. */
static void what_a_timer_wakes_is_answered_at_once(void **state)
{
    struct fixture *f = *state;
    struct client *client = client_connect(f, 0);
    client_ask(client, "/sleep");
    turn_until_asleep(f);
    ev_timer_start(f->loop, &f->later);
    turn_until_answered(f, client);
}

static void what_a_callback_of_the_daemon_wakes_is_answered_too(void **state)
{
    struct fixture *f = *state;
    struct client *sleeper = client_connect(f, 0), *waker = client_connect(f, 1);
    client_ask(sleeper, "/sleep");
    turn_until_asleep(f);
    client_ask(waker, "/wake");
    turn_until_answered(f, waker);
    turn_until_answered(f, sleeper);
}

static void a_silent_connection_ends_by_the_deadline_of_the_daemon(void **state)
{
    struct fixture *f = *state;
    struct client *client = client_connect(f, 0);
    while (!client->closed)
        ev_run(f->loop, EVRUN_ONCE);
    assert_int_equal(client->len, 0);
}

static void stopping_sends_what_was_answered_last(void **state)
{
    struct fixture *f = *state;
    struct client *client = client_connect(f, 0);
    client_ask(client, "/sleep");
    turn_until_asleep(f);
    wake(f);
    http_drive_stop(&f->drive);
    while (!client->closed)
        ev_run(f->loop, EVRUN_ONCE);
    assert_true(is_answered(client));
}

static void stopping_leaves_the_listening_socket_to_its_owner(void **state)
{
    struct fixture *f = *state;
    http_drive_stop(&f->drive);
    http_drive_stop(&f->drive);
    assert_true(fcntl(f->listening, F_GETFD) >= 0);
}

#define with_fixture(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_fixture(it_answers_request_after_request),
        with_fixture(what_a_timer_wakes_is_answered_at_once),
        with_fixture(what_a_callback_of_the_daemon_wakes_is_answered_too),
        with_fixture(a_silent_connection_ends_by_the_deadline_of_the_daemon),
        with_fixture(stopping_sends_what_was_answered_last),
        with_fixture(stopping_leaves_the_listening_socket_to_its_owner),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
