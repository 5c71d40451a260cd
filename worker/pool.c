#include "worker/pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fault.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/loop/redis_async.h"
#include "common/queue/key_repair.h"
#include "embedded/lua.h"
#include "worker/executor.h"
#include "worker/inflight.h"
#include "worker/pool_state.h"

#define COMMAND_MS 2000

struct redis_args *pool_args(struct pool *pool)
{
    redis_args_reset(pool->args);
    return pool->args;
}

static void feed_all(struct pool *pool)
{
    for (int q = 0; q < QUEUE_COUNT; q++)
        if (pool->lanes[q].free != NULL)
            lane_feed(&pool->lanes[q]);
}

/* ---- due retries ------------------------------------------------------------------------------------------------- */

void pool_ask_due(struct lane *lane, const char *operation_id, const char *again)
{
    struct redis_args *args = pool_args(lane->pool);
    name_delayed(args, lane->pool->prefix, lane->queue);
    name_operation(args, lane->pool->prefix, operation_id);
    name_queue(args, lane->pool->prefix, lane->queue);
    redis_arg(args, operation_id);
    redis_arg(args, again);
    redis_async_script(lane->pool->wire, &lua_due, 3, args, COMMAND_MS, NULL, NULL);
}

/* ---- executors speak --------------------------------------------------------------------------------------------- */

static void hear(struct pool *pool, struct work *work)
{
    struct lane *lane = &pool->lanes[work->queue]; /* of an executor's */
    enum work_event event = work->event;
    switch (event) {
    case WORK_READY:
        lane_set_free(lane, work->executor);
        work_drop(work);
        break;
    case WORK_MORE_DUE:
        pool_ask_due(lane, work->chunk.operation_id, "1");
        work_drop(work);
        break;
    case WORK_DONE:
        pool->done++;
        if (work->settled && pool->service != NULL && work->tally.state == OP_RUNNING && !work->tally.planned)
            service_push_on(pool->service);
        lane_finish(lane, work);
        break;
    case WORK_SPLIT:
    case WORK_GIVE_BACK:
        lane_give_back(lane, work);
        break;
    case WORK_ENDED:
        pool->ended++;
        work_drop(work);
        break;
    case WORK_SERVICE_ENDED:
        pool->service_ended = true;
        work_drop(work);
        break;
    case WORK_RUN:
    case WORK_STOP:
        abort(); /* these go the other way */
    }
}

static void on_mail(struct ev_loop *loop, ev_async *async, int events)
{
    (void)loop;
    (void)events;
    struct pool *pool = async->data;
    struct work *work;
    while ((work = mailbox_take(pool->mail, 0)) != NULL)
        hear(pool, work);
    feed_all(pool);
    pool_check_drained(pool);
}

/* ---- Redis refuses ----------------------------------------------------------------------------------------------- */

void pool_refused(struct pool *pool, const char *what, const redisReply *reply)
{
    if (!pool->refused)
        log_warn("Redis refused %s: %s", what, reply->str);
    pool->refused = true;
    if (pool->service != NULL && key_repair_is_blamed(reply->str))
        service_mend_keys(pool->service);
}

void pool_ask_again(struct pool *pool)
{
    pool->refused = false;
    feed_all(pool);
}

/* ---- connections ------------------------------------------------------------------------------------------------- */

static void on_wire_change(bool up, void *context)
{
    struct pool *pool = context;
    if (up) {
        pool_beat(pool);
        feed_all(pool);
    }
}

struct pool *pool_new(struct ev_loop *loop, struct process *process, struct service *service)
{
    struct pool *pool = mem_zalloc(sizeof *pool);
    int total = 0;
    for (int q = 0; q < QUEUE_COUNT; q++)
        total += process->executors[q];
    pool->loop = loop;
    pool->process = process;
    pool->service = service;
    pool->service_ended = service == NULL;
    pool->prefix = process_config(process)->redis_prefix;
    pool->args = redis_args_new();
    pool->held = held_new();
    pool->strangers = strangers_new();
    pool->executors = mem_array((size_t)total + QUEUE_COUNT, sizeof *pool->executors);
    pool->started_us = clock_wall_us();
    ev_async_init(&pool->woken, on_mail);
    pool->woken.data = pool;
    ev_async_start(loop, &pool->woken);
    pool->mail = mailbox_new(loop, &pool->woken);
    pool->wire = redis_async_new(loop, "commands", process->redis, lua_all, LUA_COUNT, on_wire_change, pool);
    for (int q = 0; q < QUEUE_COUNT; q++)
        lane_init(pool, q);
    pool_start_timers(pool);
    return pool;
}

void pool_drop(struct pool *pool)
{
    if (pool == NULL)
        return;
    for (int i = 0; i < pool->executor_count; i++)
        executor_drop(pool->executors[i]);
    struct work *work;
    while ((work = mailbox_take(pool->mail, 0)) != NULL)
        work_drop(work);
    for (int q = 0; q < QUEUE_COUNT; q++) {
        lane_fini(&pool->lanes[q]);
    }
    redis_async_drop(pool->wire);
    pool_stop_timers(pool);
    ev_async_stop(pool->loop, &pool->woken);
    mailbox_drop(pool->mail);
    strangers_drop(pool->strangers);
    held_drop(pool->held);
    redis_args_drop(pool->args);
    free(pool->executors);
    free(pool);
}
