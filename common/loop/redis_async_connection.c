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
#include "common/store/redis_tls.h"

#define CONNECT_MS 2000
#define GREETING_MS 2000 /* for AUTH, SELECT and the scripts */
#define BACKOFF_BASE_MS 50
#define BACKOFF_MAX_MS 2000

static void redis_async_connect(struct redis_async *wire);

/* ---- going down ------------------------------------------------------------------------------------------------- */

void redis_async_arm(struct redis_async *wire, int64_t delay_ms)
{
    ev_timer_stop(wire->loop, &wire->timer);
    ev_timer_set(&wire->timer, (double)(delay_ms < 0 ? 0 : delay_ms) / (double)CLOCK_MS_PER_S, 0.);
    ev_timer_start(wire->loop, &wire->timer);
}

static void change_tell(struct redis_async *wire, bool up)
{
    wire->calling++;
    wire->change(up, wire->change_context);
    wire->calling--;
}

/* The context is gone or going: tell, and try again later. */
static void went_down(struct redis_async *wire, const char *reason)
{
    bool was_up = wire->told_up;
    wire->redis = NULL;
    wire->up = wire->told_up = false;
    wire->up_since_ms = 0;
    wire->greetings = 0;
    redis_async_end_subscription(wire);
    if (wire->dropped)
        return;
    if (!wire->said_down)
        log_warn("redis connection '%s' is down: %s; it is tried again", wire->name, reason);
    wire->said_down = true;
    wire->tries++;
    redis_async_arm(wire, clock_backoff_ms(wire->tries, BACKOFF_BASE_MS, BACKOFF_MAX_MS, 0.3, id_random_u32()));
    if (was_up)
        change_tell(wire, false);
}

void redis_async_cut(struct redis_async *wire, const char *reason)
{
    redisAsyncContext *redis = wire->redis;
    char why[ERR_TEXT_MAX]; /* the reason may be of the reply or the context that goes */
    snprintf(why, sizeof why, "%s", reason);
    wire->redis = NULL;
    wire->up = false; /* a callback that is completed now must not submit */
    redis_async_complete_all(wire);
    redis->data = NULL;
    redisAsyncFree(redis);
    went_down(wire, why);
}

static void on_disconnect(const redisAsyncContext *redis, int status)
{
    struct redis_async *wire = redis->data;
    if (wire != NULL && wire->redis == redis)
        went_down(wire, status == REDIS_OK ? "closed" : redis->errstr);
}

/* ---- coming up ------------------------------------------------------------------------------------------------- */

/* One answer of the greeting; the last good one means up. An error (LOADING, NOAUTH, …) is a reason to try again later.
 */
static void on_greeting(const redisReply *reply, void *context)
{
    struct redis_async *wire = context;
    if (reply == NULL || wire->redis == NULL)
        return;
    if (reply->type == REDIS_REPLY_ERROR) {
        redis_async_cut(wire, reply->str);
        return;
    }
    if (--wire->greetings > 0)
        return;
    wire->up = wire->told_up = true;
    wire->up_since_ms = clock_mono_ms();
    wire->tries = 0;
    if (wire->said_down)
        log_info("redis connection '%s' is up again", wire->name);
    wire->said_down = false;
    change_tell(wire, true);
}

static void connection_greet(struct redis_async *wire, struct redis_args *args)
{
    if (wire->redis != NULL && redis_async_submit(wire, args, GREETING_MS, on_greeting, wire))
        wire->greetings++;
    redis_args_reset(args);
}

static void send_greetings(struct redis_async *wire)
{
    struct redis_args *args = redis_args_new();
    if (wire->address->password != NULL) {
        redis_arg(args, "AUTH");
        if (wire->address->user != NULL)
            redis_arg(args, wire->address->user);
        redis_arg(args, wire->address->password);
        connection_greet(wire, args);
    }
    redis_arg(args, "SELECT");
    redis_arg_int(args, wire->address->database);
    connection_greet(wire, args);
    for (size_t i = 0; i < wire->script_count; i++) {
        redis_arg(args, "SCRIPT");
        redis_arg(args, "LOAD");
        redis_arg(args, wire->scripts[i]->text);
        connection_greet(wire, args);
    }
    redis_args_drop(args);
}

static void on_connect(const redisAsyncContext *redis, int status)
{
    struct redis_async *wire = redis->data;
    if (wire == NULL || wire->redis != redis)
        return;
    if (status != REDIS_OK) {
        went_down(wire, redis->errstr); /* hiredis frees the context itself */
        return;
    }
    ev_timer_stop(wire->loop, &wire->timer);
    send_greetings(wire);
}

static redisAsyncContext *open_socket(const struct redis_address *address)
{
    return address->unix_path != NULL ? redisAsyncConnectUnix(address->unix_path)
                                      : redisAsyncConnect(address->host, address->port);
}

static void redis_async_connect(struct redis_async *wire)
{
    redisAsyncContext *redis = open_socket(wire->address);
    struct err_info error = {0};
    if (redis == NULL || redis->err != 0 ||
        (wire->address->tls && redis_tls_start(&redis->c, wire->address->host, &error) != ERR_OK)) {
        char reason[ERR_TEXT_MAX];
        snprintf(reason, sizeof reason, "%s",
                 redis == NULL     ? "no memory"
                 : redis->err != 0 ? redis->errstr
                                   : error.text);
        if (redis != NULL)
            redisAsyncFree(redis);
        went_down(wire, reason);
        return;
    }
    wire->redis = redis;
    redis->data = wire;
    redisLibevAttach(wire->loop, redis);
    redisAsyncSetConnectCallback(redis, on_connect);
    redisAsyncSetDisconnectCallback(redis, on_disconnect);
    redis_async_arm(wire, CONNECT_MS);
}

/* Down: time to try again. Subscribed: time to look. Else: nothing came back in time. */
static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop;
    (void)events;
    struct redis_async *wire = timer->data;
    if (wire->redis == NULL)
        redis_async_connect(wire);
    else if (wire->channel != NULL)
        redis_async_check_subscription(wire);
    else
        redis_async_cut(wire, wire->up ? "no answer in time" : "could not connect in time");
}

/* ---- the rest -------------------------------------------------------------------------------------------------- */

struct redis_async *redis_async_new(struct ev_loop *loop, const char *name, const struct redis_address *address,
                                    const struct lua *const *scripts, size_t script_count,
                                    redis_async_change_fn *change, void *context)
{
    struct redis_async *wire = mem_zalloc(sizeof *wire);
    wire->loop = loop;
    wire->name = name;
    wire->address = address;
    wire->scripts = scripts;
    wire->script_count = script_count;
    wire->change = change;
    wire->change_context = context;
    wire->last = &wire->first;
    ev_timer_init(&wire->timer, on_timer, 0., 0.);
    ev_set_priority(&wire->timer, EV_MINPRI); /* what has arrived is read before its deadline is looked at */
    wire->timer.data = wire;
    redis_async_arm(wire, 0);
    return wire;
}

void redis_async_drop(struct redis_async *wire)
{
    if (wire == NULL)
        return;
    assert(wire->calling == 0);
    wire->dropped = true;
    if (wire->redis != NULL)
        redis_async_cut(wire, "dropped");
    ev_timer_stop(wire->loop, &wire->timer);
    free(wire);
}

bool redis_async_is_up(const struct redis_async *wire)
{
    return wire->up;
}

int64_t redis_async_up_since(const struct redis_async *wire)
{
    return wire->up_since_ms;
}
