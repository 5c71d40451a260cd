/*
 * Signed POSTs to client apps: one curl multi handle per executor with a bounded number of requests in flight on
 * kept-alive connections. http and https only, no redirects, no proxy from the environment, the address checked when
 * the socket is opened (store/address.h), TLS verified. The status decides once all headers are there: a body is read
 * up to 64 KiB and for 5 s at most, and then given up together with its connection.
 */
#ifndef REPRISE_STORE_HTTP_H
#define REPRISE_STORE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/store/address.h"
#include "common/store/child.h"

/* A request: filled in by the caller, owned by the caller, borrowed until it comes back from http_wait. */
struct http_request {
    const char *url;
    const char *const *headers; /* "Name: value", NULL-terminated */
    const char *body;           /* in memory, or NULL: */
    int body_fd;                /* … read from this file, from `body_offset`, with pread; -1 = none */
    int64_t body_offset;
    size_t body_len;
    int64_t timeout_ms; /* in all */
    void *context;      /* the caller's */

    /* Filled in when it comes back. */
    enum err outcome; /* ERR_OK: 2xx. ERR_RETRY: all else, and network trouble. ERR_LOCAL: this host has no socket to
                         give. ERR_PERMANENT: the address is refused, the URL is no http(s) URL */
    int status;       /* 0 if there was no answer */
    struct err_info
        error; /* says what happened: "HTTP 503 Service Unavailable: <first 500 bytes>", "connection refused
                  (receiver.example:443)". retry_after_ms from Retry-After (seconds or date, at most 24 h) */
};

struct http;
struct http *http_new(int parallel, const struct address_list *allowed); /* `allowed` borrowed */
void http_drop(struct http *http);                                       /* cancels what is under way */
int http_under_way(const struct http *http);
/* Starts it; at most `parallel` at a time (asserted). Always comes back through http_wait, never from inside. */
void http_submit(struct http *http, struct http_request *request);
/* Drives the transfers until one is done (returned, the oldest done first) or `wait_ms` have passed, or nothing is
 * under way (NULL). */
struct http_request *http_wait(struct http *http, int64_t wait_ms);
/* Cancels all that is under way without outcome. */
void http_cancel_all(struct http *http);

/* Checks a base URL at registration: http or https, a host, no user or password, no fragment or query, at most 2 000
 * bytes; a literal private address is refused unless allowed. ERR_USAGE says which rule. */
MUST_CHECK enum err http_check_base_url(const char *url, const struct address_list *allowed, struct err_info *error);
/* For one that has passed: refuses a host whose name leads to an address that may not be gone to. Asks the name server;
 * a name that does not resolve now is ERR_OK. */
MUST_CHECK enum err http_check_base_host(const char *url, const struct address_list *allowed, struct err_info *error);
/* "Retry-After" to ms from now: delta-seconds or an HTTP date (RFC 9110 10.2.3); 0 if absent, past or unreadable. */
int64_t http_retry_after_ms(const char *value, int64_t now_unix_s);

#endif
