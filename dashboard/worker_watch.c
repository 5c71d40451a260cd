#include "dashboard/worker_watch.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/loop/redis_async.h"
#include "common/queue/names.h"

#define EVERY_S 2.0
#define ALIVE_MS 5000
#define ANSWER_MS 2000
#define UNKNOWN (-1)

struct muster {
    struct ev_loop *loop;
    struct redis_async *wire;
    const char *prefix;
    struct events *events;
    ev_timer timer;
    int64_t alive;     /* as told last */
    uint64_t arrivals; /* of listeners, when it was looked last */
};

static void on_count(const redisReply *reply, void *context)
{
    struct muster *muster = context;
    int64_t alive = redis_int(reply);
    if (reply == NULL || reply->type != REDIS_REPLY_INTEGER || alive == muster->alive)
        return;
    struct json_object *message = json_object_new_object();
    json_object_object_add(message, "type", json_object_new_string("worker"));
    json_object_object_add(message, "alive", json_object_new_int64(alive));
    events_tell(muster->events, "worker", message);
    json_object_put(message);
    muster->alive = alive;
}

/* Beats are timed by Redis' clock. */
static void on_time(const redisReply *reply, void *context)
{
    struct muster *muster = context;
    if (redis_count(reply) != 2)
        return;
    int64_t now_ms = redis_int(redis_item(reply, 0)) * CLOCK_MS_PER_S + redis_int(redis_item(reply, 1)) / 1000;
    struct redis_args *args = redis_args_new();
    redis_arg(args, "ZCOUNT");
    name_plain(args, muster->prefix, "workers");
    redis_arg_int(args, now_ms - ALIVE_MS);
    redis_arg(args, "+inf");
    (void)redis_async_send(muster->wire, args, ANSWER_MS, on_count, muster);
    redis_args_drop(args);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)events;
    struct muster *muster = timer->data;
    uint64_t arrivals = events_arrivals(muster->events);
    if (arrivals != muster->arrivals)
        muster->alive = UNKNOWN; /* a new listener is told, even where it took the place of one that left */
    muster->arrivals = arrivals;
    if (events_listeners(muster->events) == 0)
        return;
    struct redis_args *args = redis_args_new();
    redis_arg(args, "TIME");
    (void)redis_async_send(muster->wire, args, ANSWER_MS, on_time, muster);
    redis_args_drop(args);
}

static void on_change(bool up, void *context)
{
    (void)up, (void)context;
}

struct muster *muster_new(struct ev_loop *loop, const struct redis_address *address, const char *prefix,
                          struct events *events)
{
    struct muster *muster = mem_zalloc(sizeof *muster);
    *muster = (struct muster){.loop = loop, .prefix = prefix, .events = events, .alive = UNKNOWN};
    muster->wire = redis_async_new(loop, "muster", address, NULL, 0, on_change, muster);
    ev_timer_init(&muster->timer, on_timer, EVERY_S, EVERY_S);
    muster->timer.data = muster;
    ev_timer_start(loop, &muster->timer);
    return muster;
}

void muster_drop(struct muster *muster)
{
    if (muster == NULL)
        return;
    ev_timer_stop(muster->loop, &muster->timer);
    redis_async_drop(muster->wire);
    free(muster);
}
