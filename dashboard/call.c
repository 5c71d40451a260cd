/*
 * One call: its parts, how a handler reads them, and how it replies. Handlers (run_*.c) use nothing else of the HTTP
 * server. The text of an error leaves the program only where the caller caused it; of a failure of ours the caller sees
 * the request's id, and the log has the text.
 */
#include "dashboard/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "common/base/ids.h"
#include "common/base/json.h"
#include "common/base/log.h"
#include "common/base/mem.h"

#define JSON_TYPE "application/json"
#define BODY_LIMITS ((struct json_limits){CALL_BODY_MAX, 32})

struct call call_executor_stop;

void call_init(struct call *call)
{
    uint8_t random[8];
    *call = (struct call){.reply = {.status = 200, .type = JSON_TYPE}};
    id_random(random, sizeof random);
    crypto_hex(random, sizeof random, call->id);
}

void call_fini(struct call *call)
{
    route_params_fini(&call->params);
    uri_query_fini(&call->query);
    buf_fini(&call->body);
    free(call->content_type);
    if (call->authorization != NULL)
        crypto_wipe(call->authorization, strlen(call->authorization));
    free(call->authorization);
    free(call->cookie);
    free(call->origin);
    free(call->host);
    free(call->idempotency_key);
    buf_fini(&call->reply.text);
    free(call->reply.cookie);
    free(call->reply.location);
}

/* ---- what is asked ----------------------------------------------------------------------------------------------- */

const char *call_value(const struct call *call, const char *name)
{
    for (size_t i = 0; i < call->params.count; i++)
        if (strncmp(call->params.names[i], name, call->params.name_lens[i]) == 0 &&
            name[call->params.name_lens[i]] == '\0')
            return call->params.values[i];
    return uri_query_get(&call->query, name);
}

static const char *asked_value(const void *from, const char *name)
{
    return call_value(from, name);
}

struct query_params call_params(const struct call *call)
{
    return (struct query_params){asked_value, call, QUERY_PARAMS_BY_PARAMETERS};
}

static bool is_json_type(const char *type)
{
    size_t len = strlen(JSON_TYPE);
    return type != NULL && strncasecmp(type, JSON_TYPE, len) == 0 && (type[len] == '\0' || strchr("; \t", type[len]));
}

enum err call_body(struct call *call, const char *const *keys, struct json_object **object, struct err_info *error)
{
    *object = NULL;
    if (call->body.len == 0) {
        *object = json_object_new_object();
        return ERR_OK;
    }
    if (!is_json_type(call->content_type))
        return call_refuse(call, 415, error, "the body must be JSON, with Content-Type: " JSON_TYPE);
    enum err err = json_parse(call->body.data, call->body.len, BODY_LIMITS, object, error);
    if (err == ERR_OK && !json_object_is_type(*object, json_type_object))
        err = err_set(error, ERR_USAGE, "the body must be a JSON object");
    else if (err != ERR_OK)
        err_prefix(error, "the body cannot be read as JSON");
    if (err == ERR_OK)
        err = json_only_keys(*object, keys, error);
    if (err != ERR_OK) {
        json_object_put(*object);
        *object = NULL;
    }
    return err;
}

enum err call_text(struct json_object *body, const char *key, size_t most, const char **text, struct err_info *error)
{
    struct json_object *value = json_get(body, key);
    *text = NULL;
    if (value == NULL)
        return ERR_OK;
    if (!json_object_is_type(value, json_type_string) || (size_t)json_object_get_string_len(value) > most)
        return err_set(error, ERR_USAGE, "%s must be a text of at most %zu bytes", key, most);
    *text = json_object_get_string(value);
    return ERR_OK;
}

/* ---- the reply --------------------------------------------------------------------------------------------------- */

void call_reply(struct call *call, int status, struct json_object *json)
{
    struct json_object *whole = json;
    if (call->route != NULL && route_wraps(call->route)) {
        whole = json_object_new_object();
        json_object_object_add(whole, "data", json);
    }
    buf_reset(&call->reply.text);
    buf_add_str(&call->reply.text, json_object_to_json_string_ext(whole, JSON_C_TO_STRING_NOSLASHESCAPE));
    call->reply.status = status;
    json_object_put(whole);
}

enum err call_refuse(struct call *call, int status, struct err_info *error, const char *format, ...)
{
    char text[ERR_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    call->refusal = status;
    return err_set(error, ERR_USAGE, "%s", text);
}

static const int statuses[ERR_COUNT] = {
    [ERR_OK] = 500,    [ERR_USAGE] = 400,     [ERR_NOT_FOUND] = 404, [ERR_CONFLICT] = 409, [ERR_UNREACHABLE] = 503,
    [ERR_RETRY] = 503, [ERR_PERMANENT] = 500, [ERR_FENCED] = 409,    [ERR_BUSY] = 503,     [ERR_INTERRUPTED] = 503,
};

/* The text that leaves the program: of a failure of ours it says no more than that. */
static const char *outward_text(int status, const struct err_info *error)
{
    return status == 500   ? "this failed on our side; the log says why, by the request's id"
           : status == 503 ? "a store does not answer at the moment; try again soon"
                           : error->text;
}

void call_reply_error(struct call *call, const struct err_info *error)
{
    int status = call->refusal != 0 ? call->refusal : statuses[error->code];
    const char *text = call->refusal != 0 ? error->text : outward_text(status, error);
    if (text != error->text)
        log_error("request %s (%s %s): %s", call->id, call->route == NULL ? "-" : method_names[call->route->method],
                  call->route == NULL ? "-" : call->route->pattern, error->text);
    if (status == 503 && call->reply.retry_after_s == 0)
        call->reply.retry_after_s = 1;
    buf_reset(&call->reply.text);
    buf_add_str(&call->reply.text, "{\"error\":");
    json_add_string(&call->reply.text, text, strlen(text));
    buf_add_char(&call->reply.text, '}');
    call->reply.status = status;
    call->reply.kind = REPLY_TEXT;
    call->reply.type = JSON_TYPE;
}

/* ---- response ---------------------------------------------------------------------------------------------------- */

#define COMPRESS_LEAST 1400 /* bytes: less fits into one packet as it is */
#define COMPRESS_LEVEL 4
#define GZIP_WINDOW (15 + 16) /* the largest window, with gzip's head (zlib.h) */

/* The page brings all it needs; nothing may frame it or send its forms elsewhere. */
#define POLICY "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"

static const struct {
    const char *name, *value;
} always[] = {
    {"Content-Security-Policy", POLICY},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
};

void response_harden(struct MHD_Response *response)
{
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        MHD_add_response_header(response, always[i].name, always[i].value);
}

static void add_optional(struct MHD_Response *response, const char *name, const char *value)
{
    if (value != NULL)
        MHD_add_response_header(response, name, value);
}

void response_compress(struct call *call)
{
    struct reply *reply = &call->reply;
    bool wanted = call->takes_gzip && reply->kind == REPLY_TEXT && reply->status == 200 && reply->cookie == NULL;
    if (!wanted || reply->gzip || reply->text.len < COMPRESS_LEAST)
        return;
    z_stream stream = {.next_in = (Bytef *)reply->text.data, .avail_in = (uInt)reply->text.len};
    struct buf packed = BUF_INIT;
    if (deflateInit2(&stream, COMPRESS_LEVEL, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return;
    uLong room = deflateBound(&stream, stream.avail_in);
    stream.next_out = (Bytef *)buf_reserve(&packed, room);
    stream.avail_out = (uInt)room;
    bool done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
    packed.len = stream.total_out;
    deflateEnd(&stream);
    if (done) {
        buf_fini(&reply->text);
        reply->text = packed;
        reply->gzip = true;
    } else {
        buf_fini(&packed);
    }
}

struct MHD_Response *response_of(struct call *call, const struct config *config)
{
    struct reply *reply = &call->reply;
    char seconds[24];
    size_t len = reply->text.len;
    struct MHD_Response *response = MHD_create_response_from_buffer(len, buf_take(&reply->text), MHD_RESPMEM_MUST_FREE);
    if (response == NULL)
        abort(); /* only for want of memory */
    response_harden(response);
    if (strncmp(config->dashboard_public_url, "https:", 6) == 0)
        MHD_add_response_header(response, "Strict-Transport-Security", "max-age=31536000");
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    MHD_add_response_header(response, "X-Request-Id", call->id);
    MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT_ENCODING);
    add_optional(response, MHD_HTTP_HEADER_CONTENT_ENCODING, reply->gzip ? "gzip" : NULL);
    add_optional(response, MHD_HTTP_HEADER_SET_COOKIE, reply->cookie);
    add_optional(response, MHD_HTTP_HEADER_LOCATION, reply->location);
    add_optional(response, MHD_HTTP_HEADER_ALLOW, reply->allowed);
    if (reply->status == 401)
        MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
    if (reply->retry_after_s > 0) {
        snprintf(seconds, sizeof seconds, "%lld", (long long)reply->retry_after_s);
        MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
    }
    return response;
}
