/*
 * The requests of a delivery: bodies, signatures, and what is in flight. A body is built just before it is sent, since
 * its timestamp is the time of sending; a big text is escaped into a spool and signed as it passes. What is in flight
 * is bounded by deliver.parallel requests and 1 MiB of bodies.
 *
 * Called from deliver_outbox.c, which decides what may be sent and what an answer means. Nothing here touches the lease
 * or PostgreSQL.
 */
#include "worker/run/deliver.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/deliveries/verb.h"
#include "worker/counts.h"

#define BODY_REST 1024       /* of a body, beside path and content */
#define BODY_KEPT_MAX 131072 /* a bigger buffer is not kept for the next request */
#define ESCAPE_STEP 65536
#define IN_FLIGHT_BYTES (INT64_C(1) << 20)

struct deliver_http {
    struct deliver_attempt *attempt;
    struct http *http; /* the executor's */
    struct deliver_request *requests;
    size_t parallel;
    char *urls[VERB_COUNT];
    int64_t in_flight_bytes;
};

/* ---- life -------------------------------------------------------------------------------------------------------- */

static void request_close_spool(struct deliver_request *request)
{
    if (request->body_spool >= 0)
        close(request->body_spool);
    request->body_spool = -1;
}

static void request_fini(struct deliver_request *request)
{
    request_close_spool(request);
    buf_fini(&request->body);
    file_task_drop(request->task);
}

static char *verb_url(const char *base_url, enum verb verb)
{
    struct buf url = BUF_INIT;
    buf_addf(&url, "%s/%s", base_url, verb_name(verb));
    return buf_take(&url);
}

struct deliver_http *deliver_http_new(struct deliver_attempt *attempt)
{
    struct deliver_http *http = mem_zalloc(sizeof *http);
    http->attempt = attempt;
    http->http = attempt->tools->http;
    http->parallel = (size_t)attempt->tools->parallel;
    http->requests = mem_array(http->parallel, sizeof *http->requests);
    for (size_t i = 0; i < http->parallel; i++)
        http->requests[i] = (struct deliver_request){.body_spool = -1};
    for (int verb = VERB_DELETE; verb <= VERB_UPDATE; verb++)
        http->urls[verb] = verb_url(attempt->link.base_url, (enum verb)verb);
    return http;
}

void deliver_http_drop(struct deliver_http *http)
{
    http_cancel_all(http->http);
    for (size_t i = 0; i < http->parallel; i++)
        request_fini(&http->requests[i]);
    for (int verb = 0; verb < VERB_COUNT; verb++)
        free(http->urls[verb]);
    free(http->requests);
    free(http);
}

/* ---- one request ------------------------------------------------------------------------------------------------- */

static bool is_big_text(const struct file_task *task)
{
    return task->content.spool >= 0 && task->content.facts.kind == CONTENT_TEXT;
}

static int64_t request_weight(const struct file_task *task)
{
    int64_t rest = BODY_REST + (int64_t)strlen(task->path);
    if (is_big_text(task))
        return rest + 2 * ESCAPE_STEP;
    if (task->pieces > 1)
        return rest + BODY_PIECE_CHARS;
    return rest + task->content.facts.size / 3 * 4;
}

static struct body_message request_message(const struct deliver_attempt *attempt, const struct file_task *task,
                                           int64_t now_us)
{
    struct body_message message = {
        .verb = task->verb,
        .repository = deliver_link_repository(&attempt->link),
        .path = task->path,
        .sha = task->sha,
        .size = task->content.facts.size,
        .kind = task->content.facts.kind,
        .commit_sha = attempt->fetched.commit,
        .previous_sha = task->previous,
        .timestamp_us = now_us,
    };
    if (task->pieces > 1) {
        message.chunk.index = task->piece;
        message.chunk.total = task->pieces;
        body_chunk_id(attempt->job_id, task->path, task->sha, message.chunk.id);
    }
    return message;
}

/* ---- bodies ------------------------------------------------------------------------------------------------------ */

static enum err request_write_in_memory(struct deliver_request *request, struct deliver_attempt *attempt,
                                        const struct body_message *message, struct err_info *error)
{
    const struct file_task *task = request->task;
    struct buf content = BUF_INIT;
    enum err err = ERR_OK;
    buf_reset(&request->body);
    if (task->content.kept.len > 0) {
        body_add(&request->body, message, task->content.kept.data, task->content.kept.len);
        return ERR_OK;
    }
    if (task->verb != VERB_DELETE && task->content.facts.size > 0) {
        struct body_range range = body_piece_range(task->content.facts.kind, task->content.facts.size, task->piece);
        err = file_content_part(attempt, task->blob, &task->content, range, &content, error);
    }
    if (err == ERR_OK)
        body_add(&request->body, message, content.data, content.len);
    buf_fini(&content);
    return err;
}

/* A body on its way into a spool, signed as it passes. */
struct escaping {
    int spool;
    struct digest *signature;
    size_t len;
};

static enum err escaping_add(struct escaping *escaping, struct buf *bytes, struct err_info *error)
{
    digest_add(escaping->signature, bytes->data, bytes->len);
    escaping->len += bytes->len;
    enum err err = spool_write(escaping->spool, bytes->data, bytes->len, error);
    buf_reset(bytes);
    return err;
}

static enum err escaping_add_text(struct escaping *escaping, const struct file_task *task, struct buf *out,
                                  struct err_info *error)
{
    struct body_escaper escaper = {.held_len = 0};
    struct buf raw = BUF_INIT;
    enum err err = ERR_OK;
    for (int64_t at = 0, size = task->content.facts.size; at < size && err == ERR_OK; at += ESCAPE_STEP) {
        size_t len = size - at < ESCAPE_STEP ? (size_t)(size - at) : ESCAPE_STEP;
        buf_reset(&raw);
        err = spool_read(task->content.spool, at, len, &raw, error);
        if (err == ERR_OK) {
            body_escape(&escaper, out, raw.data, raw.len);
            err = escaping_add(escaping, out, error);
        }
    }
    body_escape_end(&escaper, out);
    buf_fini(&raw);
    return err;
}

static enum err request_write_to_spool(struct deliver_request *request, struct deliver_attempt *attempt,
                                       const struct body_message *message, struct digest *signature,
                                       struct err_info *error)
{
    struct buf out = BUF_INIT;
    enum err err = spool_open(attempt, &request->body_spool, error);
    struct escaping escaping = {.spool = request->body_spool, .signature = signature};
    if (err == ERR_OK) {
        body_head(&out, message);
        err = escaping_add_text(&escaping, request->task, &out, error);
    }
    if (err == ERR_OK) {
        body_tail(&out, message);
        err = escaping_add(&escaping, &out, error);
    }
    request->http.body_len = escaping.len;
    buf_fini(&out);
    return err;
}

/* The body, its length and its signature. */
static enum err request_write_body(struct deliver_request *request, struct deliver_attempt *attempt, int64_t now_us,
                                   char signature[SIGN_VALUE_MAX], struct err_info *error)
{
    struct body_message message = request_message(attempt, request->task, now_us);
    struct digest *digest = sign_begin(attempt->link.auth_key, now_us / 1000 / CLOCK_MS_PER_S);
    enum err err;
    if (is_big_text(request->task)) {
        err = request_write_to_spool(request, attempt, &message, digest, error);
    } else {
        err = request_write_in_memory(request, attempt, &message, error);
        request->http.body = request->body.data;
        request->http.body_len = request->body.len;
        if (err == ERR_OK)
            digest_add(digest, request->body.data, request->body.len);
    }
    if (err == ERR_OK)
        sign_end(digest, signature);
    else
        digest_drop(digest);
    return err;
}

/* Fills the request in but for its task, which it has. */
static enum err request_build(struct deliver_request *request, struct deliver_attempt *attempt, const char *url,
                              struct err_info *error)
{
    const struct file_task *task = request->task;
    char signature[SIGN_VALUE_MAX], key[SIGN_KEY_MAX];
    int64_t now_us = clock_wall_us();
    request->http = (struct http_request){.body_fd = -1};
    enum err err = request_write_body(request, attempt, now_us, signature, error);
    if (err != ERR_OK)
        return err;
    const struct sign_request id = {attempt->job_id, task->verb, task->path, task->sha, task->piece};
    sign_idempotency_key(&id, key);
    const struct sign_stamp stamp = {attempt->run->config->deliver_header_prefix, attempt->link.app_id,
                                     now_us / 1000 / CLOCK_MS_PER_S, signature, key};
    sign_headers_init(&request->headers, &stamp);
    request->http.url = url;
    request->http.headers = request->headers.list;
    request->http.body_fd = request->body_spool;
    request->http.timeout_ms = attempt->run->config->deliver_timeout_ms;
    request->http.context = request;
    return ERR_OK;
}

/* ---- in flight --------------------------------------------------------------------------------------------------- */

bool deliver_http_is_idle(const struct deliver_http *http)
{
    return http_under_way(http->http) == 0;
}

static struct deliver_request *http_free_request(const struct deliver_http *http)
{
    for (size_t i = 0; i < http->parallel; i++)
        if (http->requests[i].task == NULL)
            return &http->requests[i];
    return NULL;
}

bool deliver_http_has_room(const struct deliver_http *http, const struct file_task *task)
{
    bool fits = deliver_http_is_idle(http) || http->in_flight_bytes + request_weight(task) <= IN_FLIGHT_BYTES;
    return fits && http_free_request(http) != NULL;
}

enum err deliver_http_open(struct deliver_http *http, struct file_task *task, struct deliver_request **request,
                           struct err_info *error)
{
    *request = http_free_request(http);
    (*request)->task = task;
    return request_build(*request, http->attempt, http->urls[task->verb], error);
}

void deliver_http_submit(struct deliver_http *http, struct deliver_request *request)
{
    http->in_flight_bytes += request_weight(request->task);
    http_submit(http->http, &request->http);
}

struct deliver_request *deliver_http_wait(struct deliver_http *http, int64_t wait_ms)
{
    const struct http_request *done = http_wait(http->http, wait_ms);
    if (done == NULL)
        return NULL;
    struct deliver_request *request = done->context;
    counts_delivery(done->status);
    http->in_flight_bytes -= request_weight(request->task);
    return request;
}

struct file_task *deliver_http_close(struct deliver_request *request)
{
    struct file_task *task = request->task;
    request->task = NULL;
    request_close_spool(request);
    if (request->body.cap > BODY_KEPT_MAX)
        buf_fini(&request->body);
    return task;
}

bool deliver_http_is_away(const struct deliver_request *request)
{
    int status = request->http.status;
    return status == 0 || status == 408 || status == 429 || status >= 500;
}

enum err deliver_http_failure(const struct deliver_request *request, struct err_info *error)
{
    const struct file_task *task = request->task;
    const struct failure failure = {
        .verb = task->verb,
        .path = task->path,
        .piece = task->piece,
        .pieces = task->pieces,
        .error = request->http.error.text,
    };
    *error = request->http.error;
    if (request->http.outcome != ERR_OK)
        failure_text(&failure, error->text);
    return request->http.outcome;
}
