/*
 * What came back of a request, gathered while it ran, and the rules that turn it into an outcome. Used by
 * http_transfer.c alone.
 */
#ifndef REPRISE_STORE_HTTP_ANSWER_H
#define REPRISE_STORE_HTTP_ANSWER_H

#include <curl/curl.h>
#include <stdint.h>

#include "common/store/http.h"

/* How much of an answer's body stands in an error. */
#define HTTP_ANSWER_KEPT 500

struct http_answer {
    bool begun, headers_done; /* of the final answer, not of a 1xx before it */
    int64_t body_began;       /* clock_mono_ms; 0 = no body yet */
    size_t total;             /* bytes of headers and body */
    size_t kept_len;
    char kept[HTTP_ANSWER_KEPT];
    char reason[64];
    char retry_after[64];
    bool lacks_socket; /* the system had none to give */
    char refused[256]; /* the address that was not gone to; "" = none was refused */
    char curl_text[CURL_ERROR_SIZE];
};

/* Taken as CURLOPT_HEADERFUNCTION and CURLOPT_WRITEFUNCTION; `context` is a struct http_answer. An answer that is too
 * big or drips is not read to its end: the connection is given up, and its status counts. */
size_t http_answer_header(char *bytes, size_t size, size_t count, void *context);
size_t http_answer_body(char *bytes, size_t size, size_t count, void *context);

/* Fills in outcome, status and error of the request from what `easy` ended with. */
void http_answer_judge(const struct http_answer *answer, CURL *easy, CURLcode end, struct http_request *request);

/* ---- events ------------------------------------------------------------------------------------------------------ */

/*
 * The sockets and the timer of a curl multi handle, in an epoll set of their own: only transfers for which something
 * has happened are looked at, however many are in flight. Private to http_transfer.c.
 */

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
