/*
 * libcurl's sockets in an epoll set of their own, and its timer: a call looks only at transfers for which something has
 * happened. libcurl must not be called from inside its own callbacks, so these only note what it wants. Called by
 * http_transfer.c.
 */
#include "common/store/http_answer.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/base/clock.h"

#define EVENTS_AT_ONCE 64

/* Out of descriptors or of memory in the kernel: the same end as for memory of our own. */
static void must(int result, const char *what)
{
    if (result >= 0)
        return;
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    abort();
}

/* libcurl takes a socket out before it closes it, so a number that comes again is a new one. */
static int on_socket(CURL *easy, curl_socket_t fd, int wanted, void *context, void *known)
{
    struct http_events *events = context;
    struct epoll_event event = {.events = 0, .data.fd = fd};
    (void)easy;
    if (wanted == CURL_POLL_REMOVE) {
        (void)epoll_ctl(events->epoll, EPOLL_CTL_DEL, fd, &event);
        return 0;
    }
    event.events = (wanted & CURL_POLL_IN ? EPOLLIN : 0U) | (wanted & CURL_POLL_OUT ? EPOLLOUT : 0U);
    must(epoll_ctl(events->epoll, known == NULL ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event), "epoll_ctl");
    curl_multi_assign(events->multi, fd, events);
    return 0;
}

static int on_timer(CURLM *multi, long after_ms, void *context)
{
    struct http_events *events = context;
    (void)multi;
    events->due_ms = after_ms < 0 ? INT64_MAX : clock_mono_ms() + after_ms;
    return 0;
}

void http_events_init(struct http_events *events, CURLM *multi)
{
    *events = (struct http_events){.multi = multi, .epoll = epoll_create1(EPOLL_CLOEXEC), .due_ms = INT64_MAX};
    must(events->epoll, "epoll_create1");
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, events);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, events);
}

void http_events_fini(struct http_events *events)
{
    close(events->epoll);
}

static void act(struct http_events *events, curl_socket_t fd, int what)
{
    int running = 0;
    CURLMcode failure = curl_multi_socket_action(events->multi, fd, what, &running);
    assert(failure == CURLM_OK);
}

/* Trouble is told as both, so that libcurl learns its reason from the socket. */
static int curl_events_of(uint32_t happened)
{
    if ((happened & (EPOLLERR | EPOLLHUP)) != 0)
        return CURL_CSELECT_IN | CURL_CSELECT_OUT;
    return (happened & EPOLLIN ? CURL_CSELECT_IN : 0) | (happened & EPOLLOUT ? CURL_CSELECT_OUT : 0);
}

/* Forgotten first: libcurl sets the next one from inside. */
static bool act_if_due(struct http_events *events)
{
    if (events->due_ms > clock_mono_ms())
        return false;
    events->due_ms = INT64_MAX;
    act(events, CURL_SOCKET_TIMEOUT, 0);
    return true;
}

static int patience(const struct http_events *events, int64_t wait_ms)
{
    int64_t left = events->due_ms == INT64_MAX ? INT_MAX : events->due_ms - clock_mono_ms();
    int64_t wait = left < wait_ms ? left : wait_ms;
    return wait <= 0 ? 0 : wait < INT_MAX ? (int)wait : INT_MAX;
}

void http_events_run(struct http_events *events, int64_t wait_ms)
{
    struct epoll_event happened[EVENTS_AT_ONCE];
    /* What was due may have ended a transfer, and then the caller must not wait for the others. */
    int64_t wait = act_if_due(events) ? 0 : wait_ms;
    int count = epoll_wait(events->epoll, happened, EVENTS_AT_ONCE, patience(events, wait));
    if (count < 0 && errno != EINTR)
        must(count, "epoll_wait");
    for (int i = 0; i < count; i++)
        act(events, happened[i].data.fd, curl_events_of(happened[i].events));
    (void)act_if_due(events);
}
