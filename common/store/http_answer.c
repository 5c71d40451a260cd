/*
 * Gathers an answer while it arrives and judges it when the transfer ends. The status decides once all headers are
 * there; a body is read up to a bound and for a bounded time, since a receiver that drips must not hold an executor.
 * Text of the receiver reaches errors only as printable characters. Called by http_transfer.c, as callbacks of libcurl.
 */
#include "common/store/http_answer.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/base/clock.h"
#include "common/base/utf8.h"

/* Receivers answer with a few bytes. What is longer, or takes longer once it has begun, is not worth the connection. */
#define ANSWER_MAX 65536
#define ANSWER_MS 5000

static void copy_trimmed(char *out, size_t size, const char *bytes, size_t len)
{
    while (len > 0 && isspace((unsigned char)bytes[0])) {
        bytes++;
        len--;
    }
    while (len > 0 && isspace((unsigned char)bytes[len - 1]))
        len--;
    if (len >= size)
        len = size - 1;
    memcpy(out, bytes, len);
    out[len] = '\0';
}

/* "HTTP/1.1 503 Service Unavailable" */
static void answer_begin(struct http_answer *answer, const char *line, size_t len)
{
    const char *status = memchr(line, ' ', len);
    answer->reason[0] = answer->retry_after[0] = '\0';
    answer->begun = status != NULL && status + 1 < line + len && status[1] != '1';
    if (status != NULL && status + 4 < line + len)
        copy_trimmed(answer->reason, sizeof(answer->reason), status + 4, (size_t)(line + len - (status + 4)));
}

size_t http_answer_header(char *bytes, size_t size, size_t count, void *context)
{
    static const char name[] = "retry-after:";
    struct http_answer *answer = context;
    size_t len = size * count;
    answer->total += len;
    if (answer->total > ANSWER_MAX)
        return 0;
    if (len >= 5 && memcmp(bytes, "HTTP/", 5) == 0)
        answer_begin(answer, bytes, len);
    else if (answer->begun && (bytes[0] == '\r' || bytes[0] == '\n'))
        answer->headers_done = true;
    else if (len > strlen(name) && strncasecmp(bytes, name, strlen(name)) == 0)
        copy_trimmed(answer->retry_after, sizeof(answer->retry_after), bytes + strlen(name), len - strlen(name));
    return len;
}

size_t http_answer_body(char *bytes, size_t size, size_t count, void *context)
{
    struct http_answer *answer = context;
    size_t len = size * count;
    size_t room = sizeof(answer->kept) - answer->kept_len;
    size_t keep = len < room ? len : room;
    memcpy(answer->kept + answer->kept_len, bytes, keep);
    answer->kept_len += keep;
    answer->total += len;
    int64_t now = clock_mono_ms();
    if (answer->body_began == 0)
        answer->body_began = now;
    return answer->total > ANSWER_MAX || now - answer->body_began > ANSWER_MS ? 0 : len;
}

static const char *advice(int status)
{
    if (status >= 300 && status < 400)
        return " (redirects are not followed)";
    if (status >= 400 && status < 500 && status != 408 && status != 425 && status != 429)
        return " (the receiver refuses this request)";
    return "";
}

static void judge_status(const struct http_answer *answer, struct http_request *request)
{
    if (request->status >= 200 && request->status < 300) {
        request->outcome = ERR_OK;
        return;
    }
    /* Escaped before it is formatted: an answer may hold NUL. */
    char text[4 * HTTP_ANSWER_KEPT + 1];
    size_t len = printable_copy(text, sizeof text, answer->kept, answer->kept_len);
    request->outcome =
        err_set(&request->error, ERR_RETRY, "HTTP %d%s%s%s%s%s", request->status, answer->reason[0] != '\0' ? " " : "",
                answer->reason, advice(request->status), len > 0 ? ": " : "", text);
    request->error.retry_after_ms = http_retry_after_ms(answer->retry_after, clock_wall_us() / 1000 / CLOCK_MS_PER_S);
}

/* "receiver.example:443": who it was, for the text. */
static void peer_of(const char *url, char *out, size_t size)
{
    char *host = NULL, *port = NULL;
    CURLU *parsed = curl_url();
    out[0] = '\0';
    if (parsed != NULL && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(parsed, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
        curl_url_get(parsed, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK)
        snprintf(out, size, " (%.200s:%s)", host, port);
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(parsed);
}

/* The system's reason, in the way texts begin here: "connection refused". */
static void os_text(CURL *easy, const char *otherwise, char *out, size_t size)
{
    long number = 0;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
    snprintf(out, size, "%s", number != 0 ? strerror((int)number) : otherwise);
    out[0] = (char)tolower((unsigned char)out[0]);
}

static void network_text(const struct http_answer *answer, CURL *easy, CURLcode end, char *out, size_t size)
{
    switch (end) {
    case CURLE_COULDNT_RESOLVE_HOST:
        snprintf(out, size, "the host name does not resolve");
        break;
    case CURLE_COULDNT_CONNECT:
        os_text(easy, "cannot connect", out, size);
        break;
    case CURLE_OPERATION_TIMEDOUT:
        snprintf(out, size, "no answer in time");
        break;
    case CURLE_GOT_NOTHING:
        snprintf(out, size, "the connection was closed without an answer");
        break;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
        os_text(easy, "the connection was lost", out, size);
        break;
    case CURLE_ABORTED_BY_CALLBACK:
        snprintf(out, size, "the file with the request's body cannot be read to its end");
        break;
    default:
        snprintf(out, size, "%s", answer->curl_text[0] != '\0' ? answer->curl_text : curl_easy_strerror(end));
    }
}

static void judge_network(const struct http_answer *answer, CURL *easy, CURLcode end, struct http_request *request)
{
    char peer[256], text[CURL_ERROR_SIZE];
    bool is_final = end == CURLE_UNSUPPORTED_PROTOCOL || end == CURLE_URL_MALFORMAT || answer->refused[0] != '\0';
    peer_of(request->url, peer, sizeof peer);
    if (answer->refused[0] != '\0')
        snprintf(text, sizeof text, "%s", answer->refused);
    else
        network_text(answer, easy, end, text, sizeof text);
    enum err err = is_final ? ERR_PERMANENT : ERR_RETRY;
    if (answer->lacks_socket) {
        err = ERR_LOCAL;
        snprintf(text, sizeof text, "this host lacks descriptors or memory for a connection");
    }
    request->outcome = err_set(&request->error, err, "%s%s", text, peer);
}

void http_answer_judge(const struct http_answer *answer, CURL *easy, CURLcode end, struct http_request *request)
{
    long status = 0;
    curl_off_t sent = 0;
    err_clear(&request->error);
    request->status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &sent);
    /* The answer is its status: trouble after its headers (too big, dripping, cut) takes nothing back. But a success to
     * a request that was not sent whole is none. */
    bool is_answered =
        answer->headers_done && (end == CURLE_OK || status >= 300 || sent >= (curl_off_t)request->body_len);
    if (!is_answered) {
        judge_network(answer, easy, end, request);
        return;
    }
    request->status = (int)status;
    judge_status(answer, request);
}
