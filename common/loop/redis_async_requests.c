#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/loop/redis_async_private.h"

static void request_complete(struct redis_async *wire, const struct request *request, const redisReply *reply)
{
    wire->calling++;
    if (request->done != NULL)
        request->done(reply, request->context);
    wire->calling--;
}

static void unlink_request(struct redis_async *wire, struct request *request)
{
    struct request **place = &wire->first;
    while (*place != request)
        place = &(*place)->next;
    *place = request->next;
    if (wire->last == &request->next)
        wire->last = place;
    wire->pending--;
}

/* Completes what is under way with NULL, in order. hiredis' own completions of it come later, some of them not before
 * its callback that is running now has returned; they only free what is left. */
void redis_async_complete_all(struct redis_async *wire)
{
    while (wire->first != NULL) {
        struct request *request = wire->first;
        unlink_request(wire, request);
        request->wire = NULL;
        request_complete(wire, request, NULL);
    }
}

/* The earliest deadline counts, also behind a request that has more time. */
static void watch_deadline(struct redis_async *wire)
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
    redis_async_arm(wire, earliest_ms - clock_mono_ms());
}

static bool is_noscript(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "NOSCRIPT", strlen("NOSCRIPT")) == 0;
}

static void on_reply(redisAsyncContext *redis, void *reply, void *privdata)
{
    struct request *request = privdata;
    struct redis_async *wire = request->wire;
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
    request_complete(wire, request, forgotten ? NULL : reply);
    free(request);
    if (forgotten && wire->redis == redis)
        redis_async_cut(wire, "Redis has forgotten our scripts"); /* the next connection loads them */
}

bool redis_async_submit(struct redis_async *wire, struct redis_args *args, int64_t timeout_ms,
                        redis_async_reply_fn *done, void *context)
{
    struct request *request = mem_zalloc(sizeof *request);
    *request = (struct request){wire, NULL, clock_mono_ms() + timeout_ms, done, context};
    if (redisAsyncCommandArgv(wire->redis, on_reply, request, redis_args_count(args), redis_args_values(args),
                              redis_args_lengths(args)) != REDIS_OK) {
        free(request);
        return false;
    }
    *wire->last = request;
    wire->last = &request->next;
    wire->pending++;
    watch_deadline(wire);
    return true;
}

bool redis_async_send(struct redis_async *wire, struct redis_args *args, int64_t timeout_ms, redis_async_reply_fn *done,
                      void *context)
{
    return wire->up && redis_async_submit(wire, args, timeout_ms, done, context);
}

bool redis_async_script(struct redis_async *wire, const struct lua *script, int keys, struct redis_args *args,
                        int64_t timeout_ms, redis_async_reply_fn *done, void *context)
{
    struct redis_args *call = redis_args_new();
    redis_arg(call, "EVALSHA");
    redis_arg(call, redis_script_sha(script));
    redis_arg_int(call, keys);
    for (int i = 0; i < redis_args_count(args); i++)
        redis_arg_len(call, redis_args_values(args)[i], redis_args_lengths(args)[i]);
    bool sent = redis_async_send(wire, call, timeout_ms, done, context);
    redis_args_drop(call);
    return sent;
}

int redis_async_pending(const struct redis_async *wire)
{
    return wire->pending;
}

int64_t redis_async_heard(const struct redis_async *wire)
{
    return wire->heard_ms;
}

/* ---- a subscription ---------------------------------------------------------------------------------------------- */

/*
 * The subscription of a wire. No caller waits for an answer there, so that a connection which has fallen silent would
 * look like a channel on which nothing is said: after a while without a word the subscription is asked for once more,
 * which changes nothing but must be acknowledged.
 */

#define LOOK_MS 2000
#define QUIET_MS 1000 /* less: the last word may have come just behind a look */

/* NULL: the connection goes down, which the owner hears of by itself. */
static void on_publication(redisAsyncContext *redis, void *reply, void *privdata)
{
    struct redis_async *wire = redis->data;
    (void)privdata;
    if (wire == NULL || wire->redis != redis || reply == NULL)
        return;
    wire->heard_ms = clock_mono_ms();
    wire->asked_again = false;
    if (strcmp(redis_text(redis_item(reply, 0)), "message") != 0)
        return;
    wire->calling++;
    wire->heard(reply, wire->heard_context);
    wire->calling--;
}

static bool ask_for(struct redis_async *wire)
{
    return redisAsyncCommand(wire->redis, on_publication, NULL, "SUBSCRIBE %s", wire->channel) == REDIS_OK;
}

bool redis_async_subscribe(struct redis_async *wire, const char *channel, redis_async_reply_fn *heard, void *context)
{
    if (!wire->up)
        return false;
    wire->heard = heard;
    wire->heard_context = context;
    wire->channel = mem_strdup(channel);
    wire->asked_again = false;
    redis_async_arm(wire, LOOK_MS);
    return ask_for(wire);
}

void redis_async_check_subscription(struct redis_async *wire)
{
    bool quiet = clock_mono_ms() - wire->heard_ms >= QUIET_MS;
    if (wire->asked_again || (quiet && !ask_for(wire))) {
        redis_async_cut(wire, "nothing came, though it was asked for");
        return;
    }
    wire->asked_again = quiet;
    redis_async_arm(wire, LOOK_MS);
}

void redis_async_end_subscription(struct redis_async *wire)
{
    free(wire->channel);
    wire->channel = NULL;
}
