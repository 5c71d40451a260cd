/*
 * The stream of events: one Redis subscription, many listeners.
 *
 * Redis publishes (the worker's progress, definitions, operations) -> on_message keeps the latest frame of each subject
 * -> every ROUND_S one buffer goes to all listeners -> libmicrohttpd takes it from each listener's queue (on_read), or
 * the connection sleeps until there is more.
 *
 * Memory is bounded on both sides: a listener that does not read is cut off at PENDING_MAX; more than NEWS_BYTES_MAX in
 * one round becomes "read all again". Nothing here reads PostgreSQL or waits. The loop calls it: server.c makes it,
 * exchange.c adds listeners, the worker watch of server.c publishes, stream_watch.c ends those whose caller may listen
 * no longer.
 */
#include "dashboard/events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <utlist.h>

#include "common/base/clock.h"
#include "common/base/json.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/loop/redis_async.h"
#include "common/queue/names.h"
#include "dashboard/call.h"

#define ROUND_S 0.1 /* progress reaches a page within 200 ms, however many messages there are */
#define BEAT_S 10.0 /* by beats a page sees that the stream is alive, and a write sees that its client has left */
#define PENDING_MAX (256u * 1024)
#define NEWS_BYTES_MAX (1024u * 1024) /* between two rounds; beyond it pages are asked to read all again */
#define MESSAGE_LIMITS ((struct json_limits){16 * 1024, 8})
#define BLOCK_BYTES 4096
#define FEED_IS_UP "event: feed\ndata: {\"type\":\"feed\",\"up\":true}\n\n"
#define FEED_IS_DOWN "event: feed\ndata: {\"type\":\"feed\",\"up\":false}\n\n"
#define BEAT "event: beat\ndata: {\"type\":\"beat\"}\n\n"
#define GREETING "retry: 1000\n: this stream tells of operations, workers and definitions\n\n" BEAT

struct listener {
    struct events *events;
    struct MHD_Connection *connection;
    struct peer *peer;
    struct byte_queue pending;
    struct caller caller;
    bool asleep, ended;
    int64_t since_ms;
    struct listener *prev, *next;
};

/* The latest message about one thing since the last round. */
struct news {
    char *subject; /* "progress op_…", or a number of its own where each message counts */
    char *frame;
    UT_hash_handle hh;
};

struct events {
    struct ev_loop *loop;
    struct http_drive *drive;
    const struct call_pool *pool;
    struct redis_async *redis;
    struct listener *listeners;
    size_t count;
    uint64_t arrivals; /* listeners that ever came */
    struct news *news;
    size_t news_bytes;
    bool missed;
    int64_t numbered;
    ev_timer round, beat;
};

/* ---- listeners --------------------------------------------------------------------------------------------------- */

static void listener_wake(struct listener *listener)
{
    if (!listener->asleep)
        return;
    listener->asleep = false;
    http_drive_resume(listener->events->drive, listener->connection);
}

/* libmicrohttpd asks for bytes; without any the connection sleeps until there are. */
static ssize_t on_read(void *context, uint64_t position, char *out, size_t room)
{
    (void)position;
    struct listener *listener = context;
    size_t given = byte_queue_take(&listener->pending, out, room);
    if (given > 0)
        return (ssize_t)given;
    if (listener->ended)
        return MHD_CONTENT_READER_END_OF_STREAM;
    listener->asleep = true;
    MHD_suspend_connection(listener->connection);
    return 0;
}

static void on_gone(void *context)
{
    struct listener *listener = context;
    DL_DELETE(listener->events->listeners, listener);
    listener->events->count--;
    byte_queue_fini(&listener->pending);
    free(listener);
}

struct MHD_Response *events_response(struct events *events, struct MHD_Connection *connection, struct peer *peer,
                                     const struct caller *caller)
{
    struct listener *listener = mem_zalloc(sizeof *listener);
    *listener = (struct listener){
        .events = events, .connection = connection, .peer = peer, .caller = *caller, .since_ms = clock_mono_ms()};
    byte_queue_add(&listener->pending, GREETING, strlen(GREETING));
    DL_APPEND(events->listeners, listener);
    events->count++;
    events->arrivals++;
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, on_read, listener, on_gone);
    if (response == NULL)
        abort(); /* only for want of memory */
    response_harden(response);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/event-stream");
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    MHD_add_response_header(response, "X-Accel-Buffering", "no"); /* proxies must not collect it */
    return response;
}

static void listener_send(struct listener *listener, const struct buf *frames)
{
    if (byte_queue_left(&listener->pending) > PENDING_MAX) {
        listener->ended = true;
        peer_shut(listener->peer);
    } else if (!listener->ended) {
        byte_queue_add(&listener->pending, frames->data, frames->len);
    }
    listener_wake(listener);
}

static void send_to_all(struct events *events, const struct buf *frames)
{
    struct listener *listener, *next;
    DL_FOREACH_SAFE(events->listeners, listener, next)
    listener_send(listener, frames);
}

static void listener_end(struct listener *listener)
{
    listener->ended = true;
    listener_wake(listener);
}

/* The same session, or the same token. */
static bool is_same(const struct caller *a, const struct caller *b)
{
    if (a->by != b->by)
        return false;
    if (a->by == CALLER_SESSION)
        return memcmp(a->session, b->session, sizeof a->session) == 0;
    return a->claims.issued_s == b->claims.issued_s && a->claims.expires_s == b->claims.expires_s &&
           strcmp(a->claims.id, b->claims.id) == 0 && strcmp(a->claims.subject, b->claims.subject) == 0;
}

void events_end_caller(struct events *events, const struct caller *caller)
{
    struct listener *listener, *next;
    DL_FOREACH_SAFE(events->listeners, listener, next)
    if (is_same(&listener->caller, caller))
        listener_end(listener);
}

struct caller *events_callers(const struct events *events, size_t *count)
{
    struct caller *callers = mem_array(events->count + 1, sizeof *callers);
    const struct listener *listener;
    *count = 0;
    DL_FOREACH(events->listeners, listener)
    callers[(*count)++] = listener->caller;
    return callers;
}

/* A stream ends after dashboard.stream_life, so that it does not outlast its caller's right where PostgreSQL cannot be
 * asked of it (stream_watch.h). Browsers connect again by themselves, and are checked again. */
static void listeners_expire(struct events *events)
{
    int64_t now_ms = clock_mono_ms(), life_ms = call_pool_config(events->pool)->dashboard_stream_life_ms;
    struct listener *listener, *next;
    DL_FOREACH_SAFE(events->listeners, listener, next)
    if (now_ms - listener->since_ms >= life_ms)
        listener_end(listener);
}

void events_end_all(struct events *events)
{
    struct listener *listener, *next;
    DL_FOREACH_SAFE(events->listeners, listener, next)
    listener_end(listener);
}

size_t events_listeners(const struct events *events)
{
    return events->count;
}

uint64_t events_arrivals(const struct events *events)
{
    return events->arrivals;
}

/* ---- news -------------------------------------------------------------------------------------------------------- */

static void news_drop(struct events *events)
{
    struct news *news, *next;
    HASH_ITER (hh, events->news, news, next) {
        HASH_DEL(events->news, news);
        free(news->subject);
        free(news->frame);
        free(news);
    }
    events->news_bytes = 0;
    events->missed = false;
}

static void on_round(struct ev_loop *loop, ev_timer *timer, int what)
{
    (void)loop, (void)what;
    struct events *events = timer->data;
    struct buf frames = BUF_INIT;
    struct news *news, *next;
    HASH_ITER (hh, events->news, news, next)
        buf_add_str(&frames, news->frame);
    if (events->missed)
        buf_add_str(&frames, FEED_IS_UP); /* then pages read all again */
    if (frames.len > 0)
        send_to_all(events, &frames);
    buf_fini(&frames);
    news_drop(events);
}

static void on_beat(struct ev_loop *loop, ev_timer *timer, int what)
{
    (void)loop, (void)what;
    struct buf beat = BUF_INIT;
    listeners_expire(timer->data);
    buf_add_str(&beat, BEAT);
    send_to_all(timer->data, &beat);
    buf_fini(&beat);
}

static void news_keep(struct events *events, char *subject, struct json_object *message, const char *type)
{
    struct news *news = NULL;
    struct buf frame = BUF_INIT;
    buf_addf(&frame, "event: %s\ndata: %s\n\n", type,
             json_object_to_json_string_ext(message, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    HASH_FIND_STR(events->news, subject, news);
    if (news != NULL) {
        free(news->frame);
        free(subject);
    } else {
        news = mem_zalloc(sizeof *news);
        news->subject = subject;
        HASH_ADD_KEYPTR(hh, events->news, news->subject, strlen(news->subject), news);
    }
    events->news_bytes += frame.len;
    news->frame = buf_take(&frame);
    if (!ev_is_active(&events->round)) {
        ev_timer_set(&events->round, ROUND_S, 0.);
        ev_timer_start(events->loop, &events->round);
    }
}

/* Any client that may publish in Redis may publish anything: what is no JSON object with a plain type is not passed
 * on. */
static bool is_plain(const char *type)
{
    size_t len = type == NULL ? 0 : strlen(type);
    return len > 0 && len < 40 && strspn(type, "abcdefghijklmnopqrstuvwxyz_-") == len;
}

void events_publish(struct events *events, const char *type, struct json_object *message)
{
    struct buf subject = BUF_INIT;
    buf_add_str(&subject, type);
    news_keep(events, buf_take(&subject), message, type);
}

static void on_message(const redisReply *reply, void *context)
{
    struct events *events = context;
    struct json_object *message = NULL;
    struct err_info ignored = {0};
    const redisReply *text = redis_item(reply, 2);
    if (text == NULL || events->listeners == NULL)
        return;
    events->missed = events->missed || events->news_bytes > NEWS_BYTES_MAX;
    if (events->missed)
        return;
    if (json_parse(text->str, text->len, MESSAGE_LIMITS, &message, &ignored) == ERR_OK) {
        const char *type = json_get_string(message, "type"), *of = json_get_string(message, "operation_id");
        struct buf subject = BUF_INIT;
        if (of != NULL)
            buf_addf(&subject, "%s %s", type == NULL ? "" : type, of);
        else
            buf_add_int(&subject, ++events->numbered);
        if (is_plain(type))
            news_keep(events, buf_take(&subject), message, type);
        buf_fini(&subject);
    }
    json_object_put(message);
}

/* While Redis is away there is no live progress: pages get the event "feed" and read from PostgreSQL now and then. */
static void on_change(bool up, void *context)
{
    struct events *events = context;
    struct buf frame = BUF_INIT;
    buf_add_str(&frame, up ? FEED_IS_UP : FEED_IS_DOWN);
    send_to_all(events, &frame);
    buf_fini(&frame);
    if (up) {
        struct redis_args *channel = redis_args_new();
        name_plain(channel, call_pool_config(events->pool)->redis_prefix, "events");
        if (!redis_async_subscribe(events->redis, redis_args_values(channel)[0], on_message, events))
            log_warn("the events of Redis cannot be listened to");
        redis_args_drop(channel);
    }
}

/* ---- start and end ----------------------------------------------------------------------------------------------- */

struct events *events_new(struct ev_loop *loop, struct http_drive *drive, const struct call_pool *pool)
{
    struct events *events = mem_zalloc(sizeof *events);
    events->loop = loop;
    events->drive = drive;
    events->pool = pool;
    ev_timer_init(&events->round, on_round, ROUND_S, 0.);
    ev_timer_init(&events->beat, on_beat, BEAT_S, BEAT_S);
    events->round.data = events->beat.data = events;
    ev_timer_start(loop, &events->beat);
    events->redis = redis_async_new(
        loop,
        &(struct redis_async_spec){.name = "events", .address = pool->redis, .change = on_change, .context = events});
    return events;
}

void events_drop(struct events *events)
{
    redis_async_drop(events->redis);
    ev_timer_stop(events->loop, &events->round);
    ev_timer_stop(events->loop, &events->beat);
    news_drop(events);
    free(events);
}

/* ---- byte queue -------------------------------------------------------------------------------------------------- */

void byte_queue_fini(struct byte_queue *queue)
{
    buf_fini(&queue->bytes);
    *queue = (struct byte_queue){.taken = 0};
}

/* Once half of it has been taken: so each byte is moved once at the most, on average. */
static void close_up(struct byte_queue *queue)
{
    size_t left = byte_queue_left(queue);
    if (left > queue->taken)
        return;
    if (left > 0)
        memmove(queue->bytes.data, queue->bytes.data + queue->taken, left);
    queue->bytes.len = left;
    queue->taken = 0;
}

void byte_queue_add(struct byte_queue *queue, const void *bytes, size_t len)
{
    close_up(queue);
    buf_add(&queue->bytes, bytes, len);
}

size_t byte_queue_take(struct byte_queue *queue, char *out, size_t room)
{
    size_t left = byte_queue_left(queue), given = left < room ? left : room;
    if (given > 0)
        memcpy(out, queue->bytes.data + queue->taken, given);
    queue->taken += given;
    return given;
}

size_t byte_queue_left(const struct byte_queue *queue)
{
    return queue->bytes.len - queue->taken;
}
