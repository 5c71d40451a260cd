#include "dashboard/response.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "common/base/mem.h"

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
