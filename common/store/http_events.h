/*
 * The sockets and the timer of a curl multi handle, in an epoll set of their own: only transfers for which something
 * has happened are looked at, however many are in flight. Private to http_transfer.c.
 */
#ifndef REPRISE_STORE_HTTP_EVENTS_H
#define REPRISE_STORE_HTTP_EVENTS_H

#include <curl/curl.h>
#include <stdint.h>

struct http_events {
    CURLM *multi; /* borrowed */
    int epoll;
    int64_t due_ms; /* clock_mono_ms; when libcurl wants to be called in any case, INT64_MAX = never */
};

/* Hooks itself into `multi`, which keeps pointers to it: not to be moved. */
void http_events_init(struct http_events *events, CURLM *multi);
/* After `multi` has been cleaned up. */
void http_events_fini(struct http_events *events);

/* Calls libcurl for all that is due or has happened; where nothing is due, waits for something to happen, `wait_ms` at
 * most. Returns at once where a call may have ended a transfer. */
void http_events_run(struct http_events *events, int64_t wait_ms);

#endif
