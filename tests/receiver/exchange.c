#include "tests/receiver/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "tests/receiver/admin.h"

#define BODY_MAX (256u * 1024 * 1024)
#define BODY_KEPT (1024u * 1024) /* a buffer larger than this is not kept for the next request */
#define HANG_MAX_MS 120000
#define DRIP_MS 200
#define DRIP_BYTES 300 /* one a drip: a minute, twice what a request may take */

enum phase {
    READING,
    HANGING, /* asleep, without an answer */
    DRIPPING,
    ENDING /* to be closed when libmicrohttpd calls again */
};

struct exchange {
    struct exchange_room *room;
    struct MHD_Connection *connection;
    struct buf body;
    enum phase phase;
    bool asleep, too_big;
    int64_t wake_ms;
    struct exchange *prev, *next;
};

static struct MHD_Response *fixed_response(const char *json)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(json), (void *)(uintptr_t)json, MHD_RESPMEM_MUST_COPY);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
    return response;
}

static char *header_name(const char *prefix, const char *rest)
{
    struct buf name = BUF_INIT;
    buf_addf(&name, "%s%s", prefix, rest);
    return buf_take(&name);
}

void exchange_room_init(struct exchange_room *room, struct app *app, const char *prefix)
{
    *room = (struct exchange_room){.app = app};
    room->app_id_header = header_name(prefix, "App-Id");
    room->timestamp_header = header_name(prefix, "Timestamp");
    room->signature_header = header_name(prefix, "Signature");
    room->done = fixed_response("{\"ok\":true}");
}

void exchange_room_fini(struct exchange_room *room)
{
    while (room->spare) {
        struct exchange *exchange = room->spare;
        room->spare = exchange->next;
        buf_fini(&exchange->body);
        free(exchange);
    }
    MHD_destroy_response(room->done);
    free(room->app_id_header);
    free(room->timestamp_header);
    free(room->signature_header);
}

static struct exchange *begin(struct exchange_room *room, struct MHD_Connection *connection)
{
    struct exchange *exchange = room->spare;
    if (exchange)
        room->spare = exchange->next;
    else
        exchange = mem_zalloc(sizeof *exchange);
    struct buf body = exchange->body;
    buf_reset(&body);
    *exchange = (struct exchange){.room = room, .connection = connection, .body = body};
    return exchange;
}

static void put_to_sleep(struct exchange *exchange, int64_t wake_ms)
{
    MHD_suspend_connection(exchange->connection);
    exchange->wake_ms = wake_ms;
    exchange->asleep = true;
    DL_APPEND(exchange->room->asleep, exchange);
}

static void wake(struct exchange *exchange)
{
    DL_DELETE(exchange->room->asleep, exchange);
    exchange->asleep = false;
    if (exchange->phase == HANGING)
        exchange->phase = ENDING;
    http_drive_resume(&exchange->room->drive, exchange->connection);
}

void exchange_tick(struct exchange_room *room)
{
    struct exchange *exchange, *next;
    int64_t now = clock_mono_ms();
    DL_FOREACH_SAFE(room->asleep, exchange, next)
    if (exchange->wake_ms <= now)
        wake(exchange);
}

void exchange_release_all(struct exchange_room *room)
{
    struct exchange *exchange, *next;
    DL_FOREACH_SAFE(room->asleep, exchange, next)
    {
        exchange->phase = ENDING;
        wake(exchange);
    }
}

void exchange_completed(void *context, struct MHD_Connection *connection, void **slot,
                        enum MHD_RequestTerminationCode how)
{
    (void)connection, (void)how;
    struct exchange_room *room = context;
    struct exchange *exchange = *slot;
    *slot = NULL;
    if (!exchange)
        return;
    if (exchange->asleep)
        DL_DELETE(room->asleep, exchange);
    if (exchange->body.cap > BODY_KEPT)
        buf_fini(&exchange->body);
    exchange->next = room->spare;
    room->spare = exchange;
}

/* Gives one byte a call; between the calls the connection sleeps. */
static ssize_t drip(void *context, uint64_t position, char *to, size_t max)
{
    struct exchange *exchange = context;
    int64_t now = clock_mono_ms();
    (void)position, (void)max;
    if (exchange->phase == ENDING)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (now < exchange->wake_ms) {
        put_to_sleep(exchange, exchange->wake_ms);
        return 0;
    }
    exchange->wake_ms = now + DRIP_MS;
    *to = ' ';
    return 1;
}

static enum MHD_Result send_json(struct MHD_Connection *connection, int status, const char *json, int retry_after_s)
{
    struct MHD_Response *response = fixed_response(json);
    if (retry_after_s >= 0) {
        char seconds[16];
        (void)snprintf(seconds, sizeof seconds, "%d", retry_after_s);
        MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
    }
    enum MHD_Result result = MHD_queue_response(connection, (unsigned)status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result send_failure(struct exchange *exchange, const struct app_answer *answer)
{
    struct buf json = BUF_INIT;
    admin_add_error(&json, answer->why[0] ? answer->why : "told to fail");
    enum MHD_Result result =
        send_json(exchange->connection, answer->behave.status, json.data, answer->behave.retry_after_s);
    buf_fini(&json);
    return result;
}

static enum MHD_Result send_drops(struct exchange *exchange)
{
    exchange->phase = DRIPPING;
    exchange->wake_ms = clock_mono_ms() + DRIP_MS;
    struct MHD_Response *response = MHD_create_response_from_callback(DRIP_BYTES, 1, drip, exchange, NULL);
    enum MHD_Result result = MHD_queue_response(exchange->connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_app(struct exchange *exchange, const struct app_answer *answer)
{
    switch (answer->behave.mode) {
    case BEHAVE_OK:
        return MHD_queue_response(exchange->connection, MHD_HTTP_OK, exchange->room->done);
    case BEHAVE_FAIL:
        return send_failure(exchange, answer);
    case BEHAVE_DRIP:
        return send_drops(exchange);
    case BEHAVE_HANG:
        exchange->phase = HANGING;
        put_to_sleep(exchange, clock_mono_ms() + HANG_MAX_MS);
        return MHD_YES;
    case BEHAVE_CLOSE:
        break;
    }
    return MHD_NO;
}

static const char *header(const struct exchange *exchange, const char *name)
{
    return MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result to_app(struct exchange *exchange, enum verb verb)
{
    const struct exchange_room *room = exchange->room;
    struct app_request request = {
        .verb = verb,
        .headers = {.content_type = header(exchange, MHD_HTTP_HEADER_CONTENT_TYPE),
                    .app_id = header(exchange, room->app_id_header),
                    .timestamp = header(exchange, room->timestamp_header),
                    .signature = header(exchange, room->signature_header),
                    .idempotency_key = header(exchange, "Idempotency-Key")},
        .body = exchange->body.data ? exchange->body.data : "",
        .len = exchange->body.len,
    };
    struct app_answer answer = app_receive(room->app, &request);
    return answer_app(exchange, &answer);
}

static enum MHD_Result to_admin(struct exchange *exchange, const char *url, const char *method)
{
    struct buf out = BUF_INIT;
    struct admin_request request = {
        .method = method,
        .path = url,
        .body = exchange->body.data ? exchange->body.data : "",
        .len = exchange->body.len,
        .app_id = MHD_lookup_connection_value(exchange->connection, MHD_GET_ARGUMENT_KIND, "app"),
        .repository_id = MHD_lookup_connection_value(exchange->connection, MHD_GET_ARGUMENT_KIND, "repository"),
        .after = MHD_lookup_connection_value(exchange->connection, MHD_GET_ARGUMENT_KIND, "after"),
        .limit = MHD_lookup_connection_value(exchange->connection, MHD_GET_ARGUMENT_KIND, "limit"),
    };
    struct admin_answer answer = admin_answer(exchange->room->app, &request, &out);
    if (answer.effect == ADMIN_RULES_CHANGED)
        exchange_release_all(exchange->room);
    enum MHD_Result result = send_json(exchange->connection, answer.status, out.data, -1);
    buf_fini(&out);
    return result;
}

static enum MHD_Result dispatch(struct exchange *exchange, const char *url, const char *method)
{
    const char *last = strrchr(url, '/');
    enum verb verb = last && strcmp(method, MHD_HTTP_METHOD_POST) == 0 ? delivery_verb(last + 1) : VERB_NOTHING;
    if (exchange->too_big)
        return send_json(exchange->connection, MHD_HTTP_CONTENT_TOO_LARGE, "{\"error\":\"body too large\"}", -1);
    if (strncmp(url, ADMIN_PREFIX, sizeof ADMIN_PREFIX - 1) == 0)
        return to_admin(exchange, url, method);
    if (verb != VERB_NOTHING)
        return to_app(exchange, verb);
    return send_json(exchange->connection, MHD_HTTP_NOT_FOUND, "{\"error\":\"no such endpoint\"}", -1);
}

static void add_upload(struct exchange *exchange, const char *upload, size_t len)
{
    if (exchange->body.len + len > BODY_MAX)
        exchange->too_big = true;
    if (!exchange->too_big)
        buf_add(&exchange->body, upload, len);
}

enum MHD_Result exchange_receive(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                 const char *version, const char *upload, size_t *upload_len, void **slot)
{
    (void)version;
    struct exchange *exchange = *slot;
    if (!exchange) {
        *slot = begin(context, connection);
        return MHD_YES;
    }
    if (*upload_len > 0) {
        add_upload(exchange, upload, *upload_len);
        *upload_len = 0;
        return MHD_YES;
    }
    return exchange->phase == READING ? dispatch(exchange, url, method) : MHD_NO;
}
