#include "worker/run/deliver_request.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/deliveries/failure.h"

#define BODY_REST 1024       /* of a body, beside path and content */
#define BODY_KEPT_MAX 131072 /* a bigger buffer is not kept for the next request */
#define ESCAPE_STEP 65536

void deliver_request_init(struct deliver_request *request)
{
    *request = (struct deliver_request){.body_spool = -1};
}

static void close_spool(struct deliver_request *request)
{
    if (request->body_spool >= 0)
        close(request->body_spool);
    request->body_spool = -1;
}

void deliver_request_fini(struct deliver_request *request)
{
    close_spool(request);
    buf_fini(&request->body);
    parcel_drop(request->parcel);
    request->parcel = NULL;
}

static bool is_big_text(const struct parcel *parcel)
{
    return parcel->content.spool >= 0 && parcel->content.facts.kind == CONTENT_TEXT;
}

int64_t deliver_request_weight(const struct parcel *parcel)
{
    int64_t rest = BODY_REST + (int64_t)strlen(parcel->path);
    if (is_big_text(parcel))
        return rest + 2 * ESCAPE_STEP;
    if (parcel->pieces > 1)
        return rest + BODY_PIECE_CHARS;
    return rest + parcel->content.facts.size / 3 * 4;
}

static struct body_message describe(const struct deliver *deliver, const struct parcel *parcel, int64_t now_us)
{
    struct body_message message = {
        .verb = parcel->verb,
        .repository = deliver_link_repository(&deliver->link),
        .path = parcel->path,
        .sha = parcel->sha,
        .size = parcel->content.facts.size,
        .kind = parcel->content.facts.kind,
        .commit_sha = deliver->fetched.commit,
        .previous_sha = parcel->previous,
        .timestamp_us = now_us,
    };
    if (parcel->pieces > 1) {
        message.chunk.index = parcel->piece;
        message.chunk.total = parcel->pieces;
        body_chunk_id(deliver->job_id, parcel->path, parcel->sha, message.chunk.id);
    }
    return message;
}

/* ---- bodies -------------------------------------------------------------------------------------------------- */

static enum err write_in_memory(struct deliver_request *request, struct deliver *deliver,
                                const struct body_message *message, struct err_info *error)
{
    const struct parcel *parcel = request->parcel;
    struct buf content = BUF_INIT;
    enum err err = ERR_OK;
    buf_reset(&request->body);
    if (parcel->content.kept.len > 0) {
        body_add(&request->body, message, parcel->content.kept.data, parcel->content.kept.len);
        return ERR_OK;
    }
    if (parcel->verb != VERB_DELETE && parcel->content.facts.size > 0) {
        struct body_range range =
            body_piece_range(parcel->content.facts.kind, parcel->content.facts.size, parcel->piece);
        err = deliver_content_part(deliver, parcel->blob, &parcel->content, range, &content, error);
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

static enum err pass(struct escaping *escaping, struct buf *bytes, struct err_info *error)
{
    digest_add(escaping->signature, bytes->data, bytes->len);
    escaping->len += bytes->len;
    enum err err = deliver_spool_write(escaping->spool, bytes->data, bytes->len, error);
    buf_reset(bytes);
    return err;
}

static enum err pass_text(struct escaping *escaping, const struct parcel *parcel, struct buf *out,
                          struct err_info *error)
{
    struct body_escaper escaper = {.held_len = 0};
    struct buf raw = BUF_INIT;
    enum err err = ERR_OK;
    for (int64_t at = 0, size = parcel->content.facts.size; at < size && err == ERR_OK; at += ESCAPE_STEP) {
        size_t len = size - at < ESCAPE_STEP ? (size_t)(size - at) : ESCAPE_STEP;
        buf_reset(&raw);
        err = deliver_spool_read(parcel->content.spool, at, len, &raw, error);
        if (err == ERR_OK) {
            body_escape(&escaper, out, raw.data, raw.len);
            err = pass(escaping, out, error);
        }
    }
    body_escape_end(&escaper, out);
    buf_fini(&raw);
    return err;
}

static enum err write_to_spool(struct deliver_request *request, struct deliver *deliver,
                               const struct body_message *message, struct digest *signature, struct err_info *error)
{
    struct buf out = BUF_INIT;
    enum err err = deliver_spool_open(deliver, &request->body_spool, error);
    struct escaping escaping = {.spool = request->body_spool, .signature = signature};
    if (err == ERR_OK) {
        body_head(&out, message);
        err = pass_text(&escaping, request->parcel, &out, error);
    }
    if (err == ERR_OK) {
        body_tail(&out, message);
        err = pass(&escaping, &out, error);
    }
    request->http.body_len = escaping.len;
    buf_fini(&out);
    return err;
}

/* The body, its length and its signature. */
static enum err write_body(struct deliver_request *request, struct deliver *deliver, int64_t now_us,
                           char signature[SIGN_VALUE_MAX], struct err_info *error)
{
    struct body_message message = describe(deliver, request->parcel, now_us);
    struct digest *digest = sign_begin(deliver->link.auth_key, now_us / 1000 / CLOCK_MS_PER_S);
    enum err err;
    if (is_big_text(request->parcel)) {
        err = write_to_spool(request, deliver, &message, digest, error);
    } else {
        err = write_in_memory(request, deliver, &message, error);
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

/* ---- from parcel to parcel ----------------------------------------------------------------------------------- */

enum err deliver_request_open(struct deliver_request *request, struct deliver *deliver, char *const urls[VERB_COUNT],
                              struct parcel *parcel, struct err_info *error)
{
    char signature[SIGN_VALUE_MAX], key[SIGN_KEY_MAX];
    int64_t now_us = clock_wall_us();
    request->parcel = parcel;
    request->http = (struct http_request){.body_fd = -1};
    enum err err = write_body(request, deliver, now_us, signature, error);
    if (err != ERR_OK)
        return err;
    const struct sign_request id = {deliver->job_id, parcel->verb, parcel->path, parcel->sha, parcel->piece};
    sign_idempotency_key(&id, key);
    const struct sign_stamp stamp = {deliver->run->config->deliver_header_prefix, deliver->link.app_id,
                                     now_us / 1000 / CLOCK_MS_PER_S, signature, key};
    sign_headers_init(&request->headers, &stamp);
    request->http.url = urls[parcel->verb];
    request->http.headers = request->headers.list;
    request->http.body_fd = request->body_spool;
    request->http.timeout_ms = deliver->run->config->deliver_timeout_ms;
    request->http.context = request;
    return ERR_OK;
}

struct parcel *deliver_request_close(struct deliver_request *request)
{
    struct parcel *parcel = request->parcel;
    request->parcel = NULL;
    close_spool(request);
    if (request->body.cap > BODY_KEPT_MAX)
        buf_fini(&request->body);
    return parcel;
}

void deliver_request_failure(const struct deliver_request *request, struct err_info *error)
{
    const struct parcel *parcel = request->parcel;
    const struct failure failure = {
        .verb = parcel->verb,
        .path = parcel->path,
        .piece = parcel->piece,
        .pieces = parcel->pieces,
        .error = request->http.error.text,
    };
    *error = request->http.error;
    failure_text(&failure, error->text);
}
