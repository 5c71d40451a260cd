#include "dashboard/worker_watch.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/loop/redis_async.h"
#include "common/queue/names.h"

#define EVERY_S 2.0
#define ANSWER_MS 2000
#define UNKNOWN (-1)

struct worker_watch {
    struct ev_loop *loop;
    struct redis_async *redis;
    const char *prefix;
    struct events *events;
    ev_timer timer;
    int64_t alive;     /* as published last */
    uint64_t arrivals; /* of listeners, at the last count */
};

static void on_count(const redisReply *reply, void *context)
{
    struct worker_watch *watch = context;
    int64_t alive = redis_int(reply);
    if (reply == NULL || reply->type != REDIS_REPLY_INTEGER || alive == watch->alive)
        return;
    struct json_object *message = json_object_new_object();
    json_object_object_add(message, "type", json_object_new_string("worker"));
    json_object_object_add(message, "alive", json_object_new_int64(alive));
    events_publish(watch->events, "worker", message);
    json_object_put(message);
    watch->alive = alive;
}

/* The scores of the workers' beats are times of Redis' clock. */
static void on_time(const redisReply *reply, void *context)
{
    struct worker_watch *watch = context;
    if (redis_count(reply) != 2)
        return;
    int64_t now_ms = redis_int(redis_item(reply, 0)) * CLOCK_MS_PER_S + redis_int(redis_item(reply, 1)) / 1000;
    struct redis_args *args = redis_args_new();
    redis_arg(args, "ZCOUNT");
    name_plain(args, watch->prefix, "workers");
    redis_arg_int(args, now_ms - WORKER_ALIVE_MS);
    redis_arg(args, "+inf");
    (void)redis_async_send(watch->redis, args, ANSWER_MS, on_count, watch);
    redis_args_drop(args);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)events;
    struct worker_watch *watch = timer->data;
    uint64_t arrivals = events_arrivals(watch->events);
    if (arrivals != watch->arrivals)
        watch->alive = UNKNOWN; /* publish again for a new listener, even where it took the place of one that left */
    watch->arrivals = arrivals;
    if (events_listeners(watch->events) == 0)
        return;
    struct redis_args *args = redis_args_new();
    redis_arg(args, "TIME");
    (void)redis_async_send(watch->redis, args, ANSWER_MS, on_time, watch);
    redis_args_drop(args);
}

static void on_change(bool up, void *context)
{
    (void)up, (void)context;
}

struct worker_watch *worker_watch_new(struct ev_loop *loop, const struct redis_address *address, const char *prefix,
                                      struct events *events)
{
    struct worker_watch *watch = mem_zalloc(sizeof *watch);
    *watch = (struct worker_watch){.loop = loop, .prefix = prefix, .events = events, .alive = UNKNOWN};
    watch->redis = redis_async_new(loop, "watch", address, NULL, 0, on_change, watch);
    ev_timer_init(&watch->timer, on_timer, EVERY_S, EVERY_S);
    watch->timer.data = watch;
    ev_timer_start(loop, &watch->timer);
    return watch;
}

void worker_watch_drop(struct worker_watch *watch)
{
    if (watch == NULL)
        return;
    ev_timer_stop(watch->loop, &watch->timer);
    redis_async_drop(watch->redis);
    free(watch);
}
