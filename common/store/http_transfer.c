/*
 * Requests in flight: handles that are kept and used again, each with the checks that hold for all (no redirects, no
 * proxy, the address judged when the socket is opened). A request comes back exactly once, through http_wait, and never
 * from inside http_submit. Called by the executors that send deliveries and webhooks (worker/run/).
 */
#include "common/store/http.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/store/http_answer.h"

#define CONNECT_MS INT64_C(10000)
#define HEADERS_MAX 16

/* One easy handle, used again and again; its connection stays in the multi handle's cache. */
struct transfer {
    CURL *easy;
    struct http *http;
    struct http_request *request; /* NULL = free */
    struct curl_slist headers[HEADERS_MAX];
    size_t header_count;
    int64_t body_at; /* how far the body has been read from its file */
    int64_t started; /* clock_mono_ms */
    bool again;      /* this is the second go, on a fresh connection */
    struct http_answer answer;
};

struct http {
    CURLM *multi;
    struct http_events events;
    const struct address_list *allowed;
    int parallel;
    int under_way;              /* submitted and not yet come back: those in transfer and those in `done` */
    int done_first, done_count; /* a ring, the oldest first */
    struct http_request **done;
    struct transfer transfers[];
};

static void start_curl(void)
{
    CURLcode failure = curl_global_init(CURL_GLOBAL_DEFAULT);
    assert(failure == CURLE_OK);
}

/* The address is known for certain only here, after the name server had its say. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *transfer = context;
    if (purpose != CURLSOCKTYPE_IPCXN || !address_may_go(&address->addr, transfer->http->allowed)) {
        char text[INET6_ADDRSTRLEN];
        snprintf(transfer->answer.refused, sizeof(transfer->answer.refused),
                 "the address %s is not public, and deliver.allow_private does not list it",
                 address_text(&address->addr, text));
        return CURL_SOCKET_BAD;
    }
    curl_socket_t fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    transfer->answer.lacks_socket = fd == CURL_SOCKET_BAD && (errno == EMFILE || errno == ENFILE || errno == ENOMEM);
    return fd;
}

static size_t read_body(char *bytes, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    const struct http_request *request = transfer->request;
    size_t left = request->body_len - (size_t)transfer->body_at;
    size_t want = size * count < left ? size * count : left;
    if (want == 0)
        return 0;
    ssize_t got;
    do {
        got = pread(request->body_fd, bytes, want, request->body_offset + transfer->body_at);
    } while (got < 0 && errno == EINTR);
    if (got <= 0)
        return CURL_READFUNC_ABORT;
    transfer->body_at += got;
    return (size_t)got;
}

/* libcurl begins again on a fresh connection when a kept-alive one turns out to be closed. */
static int rewind_body(void *context, curl_off_t offset, int origin)
{
    struct transfer *transfer = context;
    if (origin != SEEK_SET || offset < 0 || (size_t)offset > transfer->request->body_len)
        return CURL_SEEKFUNC_FAIL;
    transfer->body_at = offset;
    return CURL_SEEKFUNC_OK;
}

static void set_long(CURL *easy, CURLoption option, long value)
{
    CURLcode failure = curl_easy_setopt(easy, option, value);
    assert(failure == CURLE_OK);
}

static void set_text(CURL *easy, CURLoption option, const char *value)
{
    CURLcode failure = curl_easy_setopt(easy, option, value);
    assert(failure == CURLE_OK);
}

static void transfer_init(struct transfer *transfer, struct http *http)
{
    CURL *easy = curl_easy_init();
    assert(easy != NULL);
    *transfer = (struct transfer){.easy = easy, .http = http};
    set_long(easy, CURLOPT_NOSIGNAL, 1);
    set_long(easy, CURLOPT_QUICK_EXIT, 1);
    set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    set_long(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    set_long(easy, CURLOPT_FOLLOWLOCATION, 0);
    set_text(easy, CURLOPT_PROXY, "");
    set_text(easy, CURLOPT_NOPROXY, "*");
    set_text(easy, CURLOPT_USERAGENT, "reprise/" REPRISE_VERSION);
    set_long(easy, CURLOPT_TCP_NODELAY, 1);
    set_long(easy, CURLOPT_TCP_KEEPALIVE, 1);
    set_long(easy, CURLOPT_SSL_VERIFYPEER, 1);
    set_long(easy, CURLOPT_SSL_VERIFYHOST, 2);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->answer.curl_text);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, http_answer_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer->answer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, http_answer_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer->answer);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, read_body);
    curl_easy_setopt(easy, CURLOPT_READDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, rewind_body);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, transfer);
}

struct http *http_new(int parallel, const struct address_list *allowed)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    assert(parallel >= 1);
    pthread_once(&once, start_curl);
    struct http *http = mem_zalloc(sizeof(*http) + (size_t)parallel * sizeof(http->transfers[0]));
    http->multi = curl_multi_init();
    assert(http->multi != NULL);
    http_events_init(&http->events, http->multi);
    http->allowed = allowed;
    http->parallel = parallel;
    http->done = mem_array((size_t)parallel, sizeof(struct http_request *));
    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, 2L * parallel);
    for (int i = 0; i < parallel; i++)
        transfer_init(&http->transfers[i], http);
    return http;
}

void http_drop(struct http *http)
{
    if (http == NULL)
        return;
    http_cancel_all(http);
    for (int i = 0; i < http->parallel; i++)
        curl_easy_cleanup(http->transfers[i].easy);
    curl_multi_cleanup(http->multi);
    http_events_fini(&http->events);
    free(http->done);
    free(http);
}

int http_under_way(const struct http *http)
{
    return http->under_way;
}

/* The lines are the caller's for as long as the request is under way, so the list need not copy them; libcurl only
 * reads it. */
static void add_header(struct transfer *transfer, const char *line)
{
    size_t at = transfer->header_count++;
    assert(at < HEADERS_MAX);
    transfer->headers[at] = (struct curl_slist){.data = (char *)(uintptr_t)line, .next = NULL};
    if (at > 0)
        transfer->headers[at - 1].next = &transfer->headers[at];
}

static void transfer_begin(struct transfer *transfer, int64_t timeout_ms)
{
    int64_t connect_ms = timeout_ms < CONNECT_MS ? timeout_ms : CONNECT_MS;
    transfer->body_at = 0;
    transfer->answer = (struct http_answer){.begun = false};
    set_long(transfer->easy, CURLOPT_FRESH_CONNECT, transfer->again);
    set_long(transfer->easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    set_long(transfer->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
    CURLMcode failure = curl_multi_add_handle(transfer->http->multi, transfer->easy);
    assert(failure == CURLM_OK);
}

static void prepare(struct transfer *transfer, struct http_request *request)
{
    CURL *easy = transfer->easy;
    transfer->request = request;
    transfer->started = clock_mono_ms();
    transfer->again = false;
    transfer->header_count = 0;
    /* Without it libcurl waits for "100 Continue" before a body of more than a megabyte. */
    add_header(transfer, "Expect:");
    for (const char *const *each = request->headers; *each != NULL; each++)
        add_header(transfer, *each);
    set_text(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
    set_long(easy, CURLOPT_POST, 1);
    bool from_file = request->body == NULL && request->body_fd >= 0;
    const char *body = request->body != NULL ? request->body : "";
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, from_file ? NULL : body);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
}

void http_submit(struct http *http, struct http_request *request)
{
    assert(http->under_way < http->parallel);
    assert(request->timeout_ms > 0 && request->timeout_ms <= INT_MAX);
    assert(request->body != NULL || request->body_fd >= 0 || request->body_len == 0);
    struct transfer *transfer = http->transfers;
    while (transfer->request != NULL)
        transfer++;
    prepare(transfer, request);
    transfer_begin(transfer, request->timeout_ms);
    http->under_way++;
}

static void transfer_release(struct transfer *transfer)
{
    curl_multi_remove_handle(transfer->http->multi, transfer->easy);
    transfer->request = NULL;
}

/* A kept connection that the receiver had closed while it was idle. libcurl begins again by itself where it learns of
 * that while reading, but not while it sends. Both goes together stay within the request's time. */
static bool go_again(struct transfer *transfer, CURLcode end)
{
    long made = 0;
    int64_t left = transfer->started + transfer->request->timeout_ms - clock_mono_ms();
    curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &made);
    if (end != CURLE_SEND_ERROR || made > 0 || transfer->answer.total > 0 || transfer->again || left <= 0)
        return false;
    transfer->again = true;
    curl_multi_remove_handle(transfer->http->multi, transfer->easy);
    transfer_begin(transfer, left);
    return true;
}

static void finish(struct transfer *transfer, CURLcode end)
{
    if (go_again(transfer, end))
        return;
    struct http *http = transfer->http;
    struct http_request *request = transfer->request;
    http_answer_judge(&transfer->answer, transfer->easy, end, request);
    transfer_release(transfer);
    http->done[(http->done_first + http->done_count++) % http->parallel] = request;
}

static void collect_ended(struct http *http)
{
    int left = 0;
    for (CURLMsg *message; (message = curl_multi_info_read(http->multi, &left)) != NULL;) {
        char *transfer = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        finish((struct transfer *)(void *)transfer, message->data.result);
    }
}

static struct http_request *take_done(struct http *http)
{
    struct http_request *request = http->done[http->done_first];
    http->done_first = (http->done_first + 1) % http->parallel;
    http->done_count--;
    http->under_way--;
    return request;
}

struct http_request *http_wait(struct http *http, int64_t wait_ms)
{
    int64_t until = clock_mono_ms() + wait_ms;
    while (http->under_way > 0 && http->done_count == 0) {
        int64_t left = until - clock_mono_ms();
        http_events_run(&http->events, left);
        collect_ended(http);
        if (left <= 0)
            break;
    }
    return http->done_count > 0 ? take_done(http) : NULL;
}

void http_cancel_all(struct http *http)
{
    for (int i = 0; i < http->parallel; i++) {
        if (http->transfers[i].request != NULL)
            transfer_release(&http->transfers[i]);
    }
    http->done_count = http->under_way = 0;
}
