/*
 * The state machine of a connection: connect, authenticate, load the scripts, up, down, again with back-off. It owns
 * the one timer. A hiredis context is never used again after it has failed, and hiredis calls every pending callback
 * while it is torn down, so nothing here may be freed or called by the owner from inside one. Called by the loop
 * threads of the worker and of the dashboard.
 */
#include <assert.h>
#include <hiredis/adapters/libev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/loop/redis_async_private.h"
#include "common/store/redis.h"

#define CONNECT_MS 2000
#define GREETING_MS 2000 /* for AUTH, SELECT and the scripts */
#define BACKOFF_BASE_MS 50
#define BACKOFF_MAX_MS 2000

static void redis_async_connect(struct redis_async *connection);

/* ---- going down -------------------------------------------------------------------------------------------------- */

void redis_async_arm(struct redis_async *connection, int64_t delay_ms)
{
    ev_timer_stop(connection->loop, &connection->timer);
    ev_timer_set(&connection->timer, (double)(delay_ms < 0 ? 0 : delay_ms) / (double)CLOCK_MS_PER_S, 0.);
    ev_timer_start(connection->loop, &connection->timer);
}

static void change_tell(struct redis_async *connection, bool up)
{
    connection->calling++;
    connection->change(up, connection->change_context);
    connection->calling--;
}

/* The context is gone or going: tell, and try again later. */
static void went_down(struct redis_async *connection, const char *reason)
{
    bool was_up = connection->told_up;
    connection->redis = NULL;
    connection->up = connection->told_up = false;
    connection->up_since_ms = 0;
    connection->greetings = 0;
    redis_async_end_subscription(connection);
    if (connection->dropped)
        return;
    if (!connection->said_down)
        log_warn("redis connection '%s' is down: %s; it is tried again", connection->name, reason);
    connection->said_down = true;
    connection->tries++;
    redis_async_arm(connection,
                    clock_backoff_ms(connection->tries, BACKOFF_BASE_MS, BACKOFF_MAX_MS, 0.3, id_random_u32()));
    if (was_up)
        change_tell(connection, false);
}

void redis_async_cut(struct redis_async *connection, const char *reason)
{
    redisAsyncContext *redis = connection->redis;
    char why[ERR_TEXT_MAX]; /* the reason may be of the reply or the context that goes */
    snprintf(why, sizeof why, "%s", reason);
    connection->redis = NULL;
    connection->up = false; /* a callback that is completed now must not submit */
    redis_async_complete_all(connection);
    redis->data = NULL;
    redisAsyncFree(redis);
    went_down(connection, why);
}

static void on_disconnect(const redisAsyncContext *redis, int status)
{
    struct redis_async *connection = redis->data;
    if (connection != NULL && connection->redis == redis)
        went_down(connection, status == REDIS_OK ? "closed" : redis->errstr);
}

/* ---- coming up --------------------------------------------------------------------------------------------------- */

/* One answer of the greeting; the last good one means up. An error (LOADING, NOAUTH, …) is a reason to try again later.
 */
static void on_greeting(const redisReply *reply, void *context)
{
    struct redis_async *connection = context;
    if (reply == NULL || connection->redis == NULL)
        return;
    if (reply->type == REDIS_REPLY_ERROR) {
        redis_async_cut(connection, reply->str);
        return;
    }
    if (--connection->greetings > 0)
        return;
    connection->up = connection->told_up = true;
    connection->up_since_ms = clock_mono_ms();
    connection->tries = 0;
    if (connection->said_down)
        log_info("redis connection '%s' is up again", connection->name);
    connection->said_down = false;
    change_tell(connection, true);
}

static void connection_greet(struct redis_async *connection, struct redis_args *args)
{
    if (connection->redis != NULL && redis_async_submit(connection, args, GREETING_MS, on_greeting, connection))
        connection->greetings++;
    redis_args_reset(args);
}

static void send_greetings(struct redis_async *connection)
{
    struct redis_args *args = redis_args_new();
    if (connection->address->password != NULL) {
        redis_arg(args, "AUTH");
        if (connection->address->user != NULL)
            redis_arg(args, connection->address->user);
        redis_arg(args, connection->address->password);
        connection_greet(connection, args);
    }
    redis_arg(args, "SELECT");
    redis_arg_int(args, connection->address->database);
    connection_greet(connection, args);
    for (size_t i = 0; i < connection->script_count; i++) {
        redis_arg(args, "SCRIPT");
        redis_arg(args, "LOAD");
        redis_arg(args, connection->scripts[i]->text);
        connection_greet(connection, args);
    }
    redis_args_drop(args);
}

static void on_connect(const redisAsyncContext *redis, int status)
{
    struct redis_async *connection = redis->data;
    if (connection == NULL || connection->redis != redis)
        return;
    if (status != REDIS_OK) {
        went_down(connection, redis->errstr); /* hiredis frees the context itself */
        return;
    }
    ev_timer_stop(connection->loop, &connection->timer);
    send_greetings(connection);
}

/* hiredis collects a reply until it is whole, however long it is. */
static void on_readable(struct ev_loop *loop, ev_io *watcher, int events)
{
    redisAsyncContext *redis = ((redisLibevEvents *)watcher->data)->context;
    struct redis_async *connection = redis->data;
    redisLibevReadEvent(loop, watcher, events);
    if (connection == NULL || connection->redis != redis)
        return; /* it went down meanwhile */
    const redisReader *reader = redis->c.reader;
    if (reader->len - reader->pos > REDIS_ASYNC_REPLY_MAX)
        redis_async_cut(connection, "it sends a reply of more than 8 MiB");
}

static void watch_socket(struct redis_async *connection, redisAsyncContext *redis)
{
    redisLibevAttach(connection->loop, redis);
    ev_set_cb(&((redisLibevEvents *)redis->ev.data)->rev, on_readable);
}

static redisAsyncContext *open_socket(const struct redis_address *address)
{
    return address->unix_path != NULL ? redisAsyncConnectUnix(address->unix_path)
                                      : redisAsyncConnect(address->host, address->port);
}

static void redis_async_connect(struct redis_async *connection)
{
    redisAsyncContext *redis = open_socket(connection->address);
    struct err_info error = {0};
    if (redis == NULL || redis->err != 0 ||
        (connection->address->tls && redis_tls_start(&redis->c, connection->address->host, &error) != ERR_OK)) {
        char reason[ERR_TEXT_MAX];
        snprintf(reason, sizeof reason, "%s",
                 redis == NULL     ? "no memory"
                 : redis->err != 0 ? redis->errstr
                                   : error.text);
        if (redis != NULL)
            redisAsyncFree(redis);
        went_down(connection, reason);
        return;
    }
    connection->redis = redis;
    redis->data = connection;
    watch_socket(connection, redis);
    redisAsyncSetConnectCallback(redis, on_connect);
    redisAsyncSetDisconnectCallback(redis, on_disconnect);
    redis_async_arm(connection, CONNECT_MS);
}

/* Down: time to try again. Subscribed: time to look. Else: nothing came back in time. */
static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop;
    (void)events;
    struct redis_async *connection = timer->data;
    if (connection->redis == NULL)
        redis_async_connect(connection);
    else if (connection->channel != NULL)
        redis_async_check_subscription(connection);
    else
        redis_async_cut(connection, connection->up ? "no answer in time" : "could not connect in time");
}

/* ---- the rest ---------------------------------------------------------------------------------------------------- */

struct redis_async *redis_async_new(struct ev_loop *loop, const struct redis_async_spec *spec)
{
    struct redis_async *connection = mem_zalloc(sizeof *connection);
    connection->loop = loop;
    connection->name = spec->name;
    connection->address = spec->address;
    connection->scripts = spec->scripts;
    connection->script_count = spec->script_count;
    connection->change = spec->change;
    connection->change_context = spec->context;
    connection->last = &connection->first;
    ev_timer_init(&connection->timer, on_timer, 0., 0.);
    ev_set_priority(&connection->timer, EV_MINPRI); /* what has arrived is read before its deadline is looked at */
    connection->timer.data = connection;
    redis_async_arm(connection, 0);
    return connection;
}

void redis_async_drop(struct redis_async *connection)
{
    if (connection == NULL)
        return;
    assert(connection->calling == 0);
    connection->dropped = true;
    if (connection->redis != NULL)
        redis_async_cut(connection, "dropped");
    ev_timer_stop(connection->loop, &connection->timer);
    free(connection);
}

bool redis_async_is_up(const struct redis_async *connection)
{
    return connection->up;
}

int64_t redis_async_up_since(const struct redis_async *connection)
{
    return connection->up_since_ms;
}
