#include "common/loop/wire.h"

#include <assert.h>
#include <hiredis/adapters/libev.h>
#include <hiredis/async.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/store/redis_tls.h"

#define CONNECT_MS 2000
#define GREETING_MS 2000 /* for AUTH, SELECT and the scripts */
#define BACKOFF_BASE_MS 50
#define BACKOFF_MAX_MS 2000

struct request {
    struct wire *wire; /* NULL: completed already, hiredis has yet to let go of it */
    struct request *next;
    int64_t deadline_ms;
    wire_reply_fn *done;
    void *context;
};

struct wire {
    struct ev_loop *loop;
    const char *name;
    const struct redis_address *address;
    const struct lua *const *scripts;
    size_t script_count;
    wire_change_fn *change;
    void *change_context;

    redisAsyncContext *redis; /* NULL while down */
    bool up;                  /* requests are taken */
    bool told_up;             /* what the owner was told last */
    bool said_down, dropped;
    int64_t up_since_ms, heard_ms;
    int tries;                     /* since it was up last */
    int greetings;                 /* requests of the connection itself not yet answered */
    ev_timer timer;                /* the next try, or the deadline of the oldest request */
    struct request *first, **last; /* under way, in order */
    int pending;
    int calling; /* callbacks of the owner that have not returned */
    wire_reply_fn *heard;
    void *heard_context;
};

static void wire_connect(struct wire *wire);

/* ---- going down ------------------------------------------------------------------------------------------------- */

static void arm(struct wire *wire, int64_t delay_ms)
{
    ev_timer_stop(wire->loop, &wire->timer);
    ev_timer_set(&wire->timer, (double)(delay_ms < 0 ? 0 : delay_ms) / (double)CLOCK_MS_PER_S, 0.);
    ev_timer_start(wire->loop, &wire->timer);
}

static void tell(struct wire *wire, bool up)
{
    wire->calling++;
    wire->change(up, wire->change_context);
    wire->calling--;
}

static void complete(struct wire *wire, const struct request *request, const redisReply *reply)
{
    wire->calling++;
    if (request->done != NULL)
        request->done(reply, request->context);
    wire->calling--;
}

static void unlink_request(struct wire *wire, struct request *request)
{
    struct request **place = &wire->first;
    while (*place != request)
        place = &(*place)->next;
    *place = request->next;
    if (wire->last == &request->next)
        wire->last = place;
    wire->pending--;
}

/* The context is gone or going: tell, and try again later. */
static void went_down(struct wire *wire, const char *reason)
{
    bool was_up = wire->told_up;
    wire->redis = NULL;
    wire->up = wire->told_up = false;
    wire->up_since_ms = 0;
    wire->greetings = 0;
    if (wire->dropped)
        return;
    if (!wire->said_down)
        log_warn("redis connection '%s' is down: %s; it is tried again", wire->name, reason);
    wire->said_down = true;
    wire->tries++;
    arm(wire, clock_backoff_ms(wire->tries, BACKOFF_BASE_MS, BACKOFF_MAX_MS, 0.3, id_random_u32()));
    if (was_up)
        tell(wire, false);
}

/* Completes what is under way with NULL, in order. hiredis' own completions of it come later, some of them not before
 * its callback that is running now has returned; they only free what is left. */
static void complete_all(struct wire *wire)
{
    while (wire->first != NULL) {
        struct request *request = wire->first;
        unlink_request(wire, request);
        request->wire = NULL;
        complete(wire, request, NULL);
    }
}

/* Ends the connection. */
static void cut(struct wire *wire, const char *reason)
{
    redisAsyncContext *redis = wire->redis;
    char why[ERR_TEXT_MAX]; /* the reason may be of the reply or the context that goes */
    snprintf(why, sizeof why, "%s", reason);
    wire->redis = NULL;
    wire->up = false; /* whoever is completed now must not submit */
    complete_all(wire);
    redis->data = NULL;
    redisAsyncFree(redis);
    went_down(wire, why);
}

static void on_disconnect(const redisAsyncContext *redis, int status)
{
    struct wire *wire = redis->data;
    if (wire != NULL && wire->redis == redis)
        went_down(wire, status == REDIS_OK ? "closed" : redis->errstr);
}

/* ---- requests -------------------------------------------------------------------------------------------------- */

/* The earliest deadline counts, also behind a request that has more time. */
static void watch_deadline(struct wire *wire)
{
    if (wire->redis == NULL)
        return;
    if (wire->first == NULL) {
        ev_timer_stop(wire->loop, &wire->timer);
        return;
    }
    int64_t earliest_ms = wire->first->deadline_ms;
    for (const struct request *request = wire->first->next; request != NULL; request = request->next)
        if (request->deadline_ms < earliest_ms)
            earliest_ms = request->deadline_ms;
    arm(wire, earliest_ms - clock_mono_ms());
}

static bool is_noscript(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "NOSCRIPT", strlen("NOSCRIPT")) == 0;
}

static void on_reply(redisAsyncContext *redis, void *reply, void *privdata)
{
    struct request *request = privdata;
    struct wire *wire = request->wire;
    if (wire == NULL) {
        free(request);
        return;
    }
    unlink_request(wire, request);
    if (reply == NULL && wire->redis == redis)
        wire->up = false; /* hiredis is tearing it down; on_disconnect follows */
    if (reply != NULL && wire->redis == redis) {
        wire->heard_ms = clock_mono_ms();
        watch_deadline(wire);
    }
    bool forgotten = reply != NULL && is_noscript(reply);
    complete(wire, request, forgotten ? NULL : reply);
    free(request);
    if (forgotten && wire->redis == redis)
        cut(wire, "Redis has forgotten our scripts"); /* the next connection loads them */
}

/* Hands a command to hiredis, which copies it. */
static bool submit(struct wire *wire, int argc, const char **argv, const size_t *lengths, int64_t timeout_ms,
                   wire_reply_fn *done, void *context)
{
    struct request *request = mem_zalloc(sizeof *request);
    *request = (struct request){wire, NULL, clock_mono_ms() + timeout_ms, done, context};
    if (redisAsyncCommandArgv(wire->redis, on_reply, request, argc, argv, lengths) != REDIS_OK) {
        free(request);
        return false;
    }
    *wire->last = request;
    wire->last = &request->next;
    wire->pending++;
    watch_deadline(wire);
    return true;
}

bool wire_send(struct wire *wire, struct redis_args *args, int64_t timeout_ms, wire_reply_fn *done, void *context)
{
    return wire->up && submit(wire, redis_args_count(args), redis_args_values(args), redis_args_lengths(args),
                              timeout_ms, done, context);
}

bool wire_script(struct wire *wire, const struct lua *script, int keys, struct redis_args *args, int64_t timeout_ms,
                 wire_reply_fn *done, void *context)
{
    struct redis_args *call = redis_args_new();
    redis_arg(call, "EVALSHA");
    redis_arg(call, redis_script_sha(script));
    redis_arg_int(call, keys);
    for (int i = 0; i < redis_args_count(args); i++)
        redis_arg_len(call, redis_args_values(args)[i], redis_args_lengths(args)[i]);
    bool sent = wire_send(wire, call, timeout_ms, done, context);
    redis_args_drop(call);
    return sent;
}

/* NULL: the connection goes down, which the owner hears of by itself. */
static void on_publication(redisAsyncContext *redis, void *reply, void *privdata)
{
    struct wire *wire = redis->data;
    (void)privdata;
    if (wire == NULL || wire->redis != redis || reply == NULL)
        return;
    wire->heard_ms = clock_mono_ms();
    wire->calling++;
    wire->heard(reply, wire->heard_context);
    wire->calling--;
}

bool wire_subscribe(struct wire *wire, const char *channel, wire_reply_fn *heard, void *context)
{
    wire->heard = heard;
    wire->heard_context = context;
    return wire->up && redisAsyncCommand(wire->redis, on_publication, NULL, "SUBSCRIBE %s", channel) == REDIS_OK;
}

/* ---- coming up ------------------------------------------------------------------------------------------------- */

/* One answer of the greeting; the last good one means up. An error (LOADING, NOAUTH, …) is a reason to try again later.
 */
static void on_greeting(const redisReply *reply, void *context)
{
    struct wire *wire = context;
    if (reply == NULL || wire->redis == NULL)
        return;
    if (reply->type == REDIS_REPLY_ERROR) {
        cut(wire, reply->str);
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
    tell(wire, true);
}

static void greet(struct wire *wire, struct redis_args *args)
{
    if (wire->redis != NULL && submit(wire, redis_args_count(args), redis_args_values(args), redis_args_lengths(args),
                                      GREETING_MS, on_greeting, wire))
        wire->greetings++;
    redis_args_reset(args);
}

static void send_greetings(struct wire *wire)
{
    struct redis_args *args = redis_args_new();
    if (wire->address->password != NULL) {
        redis_arg(args, "AUTH");
        if (wire->address->user != NULL)
            redis_arg(args, wire->address->user);
        redis_arg(args, wire->address->password);
        greet(wire, args);
    }
    redis_arg(args, "SELECT");
    redis_arg_int(args, wire->address->database);
    greet(wire, args);
    for (size_t i = 0; i < wire->script_count; i++) {
        redis_arg(args, "SCRIPT");
        redis_arg(args, "LOAD");
        redis_arg(args, wire->scripts[i]->text);
        greet(wire, args);
    }
    redis_args_drop(args);
}

static void on_connect(const redisAsyncContext *redis, int status)
{
    struct wire *wire = redis->data;
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

static void wire_connect(struct wire *wire)
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
    arm(wire, CONNECT_MS);
}

/* Down: time to try again. Else: nothing came back in time. */
static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop;
    (void)events;
    struct wire *wire = timer->data;
    if (wire->redis == NULL)
        wire_connect(wire);
    else
        cut(wire, wire->up ? "no answer in time" : "could not connect in time");
}

/* ---- the rest -------------------------------------------------------------------------------------------------- */

struct wire *wire_new(struct ev_loop *loop, const char *name, const struct redis_address *address,
                      const struct lua *const *scripts, size_t script_count, wire_change_fn *change, void *context)
{
    struct wire *wire = mem_zalloc(sizeof *wire);
    wire->loop = loop;
    wire->name = name;
    wire->address = address;
    wire->scripts = scripts;
    wire->script_count = script_count;
    wire->change = change;
    wire->change_context = context;
    wire->last = &wire->first;
    ev_timer_init(&wire->timer, on_timer, 0., 0.);
    wire->timer.data = wire;
    arm(wire, 0);
    return wire;
}

void wire_drop(struct wire *wire)
{
    if (wire == NULL)
        return;
    assert(wire->calling == 0);
    wire->dropped = true;
    if (wire->redis != NULL)
        cut(wire, "dropped");
    ev_timer_stop(wire->loop, &wire->timer);
    free(wire);
}

bool wire_is_up(const struct wire *wire)
{
    return wire->up;
}

int64_t wire_up_since(const struct wire *wire)
{
    return wire->up_since_ms;
}

int wire_pending(const struct wire *wire)
{
    return wire->pending;
}

int64_t wire_heard(const struct wire *wire)
{
    return wire->heard_ms;
}
