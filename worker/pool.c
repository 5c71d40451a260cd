#include "worker/pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/fault.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/loop/wire.h"
#include "embedded/lua.h"
#include "worker/executor.h"
#include "worker/held.h"
#include "worker/pool_private.h"

#define COMMAND_MS 2000
#define BLOCK_S "2"
#define BLOCK_MS 4000 /* the server waits 2 s at most; what takes longer is half open */

static void lane_feed(struct lane *lane);

/* ---- arguments
 * --------------------------------------------------------------------------------------------------------- */

static struct redis_args *fresh_args(struct pool *pool)
{
    redis_args_reset(pool->args);
    return pool->args;
}

static void arg_source(struct redis_args *args, const struct lane *lane)
{
    const struct pool *pool = lane->pool;
    if (pool->process->suspects)
        name_suspects(args, pool->prefix, lane->queue);
    else
        name_queue(args, pool->prefix, lane->queue);
}

static void arg_active(struct redis_args *args, const struct lane *lane)
{
    name_active(args, lane->pool->prefix, lane->queue, lane->pool->process->worker);
}

/* ---- chunks leave
 * ---------------------------------------------------------------------------------------------------------- */

/* A chunk whose script failed stands in the active list still: the heartbeat finds it there, and it is run again in
 * vain. */
static void on_left(const redisReply *reply, void *context)
{
    if (reply != NULL && reply->type == REDIS_REPLY_ERROR)
        log_warn("Redis refused a script: %s", reply->str);
    pool_check_drained(context);
}

static void finish_args(struct redis_args *args, struct lane *lane, const struct work *work)
{
    struct pool *pool = lane->pool;
    const struct chunk *chunk = &work->chunk;
    arg_active(args, lane);
    name_operation(args, pool->prefix, chunk->operation_id);
    name_queue(args, pool->prefix, lane->queue);
    name_delayed(args, pool->prefix, lane->queue);
    redis_arg(args, chunk->text);
    redis_arg(args, chunk->operation_id);
    redis_arg_int(args, chunk->generation);
    redis_arg(args, chunk_class(chunk));
    redis_arg_int(args, work->next_open);
    redis_arg_int(args, work->due_ms);
    redis_arg_int(args, work->retries);
    name_plain(args, pool->prefix, "events");
    tally_block(args, work->settled ? &work->tally : NULL, work->finished_at);
}

/* The chunk is no longer ours, whatever Redis makes of the script. Takes `work`. */
static void leave(struct lane *lane, struct work *work, const struct lua *script, int keys, struct redis_args *args)
{
    held_remove(lane->pool->held, lane->queue, work->chunk.text);
    if (!wire_script(lane->pool->wire, script, keys, args, COMMAND_MS, on_left, lane->pool))
        log_info("chunk %s could not be taken out of Redis now; the heartbeat will", work->chunk.text);
    work_drop(work);
}

static void finish(struct lane *lane, struct work *work)
{
    FAULT_POINT("pool.finish");
    struct redis_args *args = fresh_args(lane->pool);
    finish_args(args, lane, work);
    leave(lane, work, &lua_finish, 4, args);
}

static void give_back(struct lane *lane, struct work *work)
{
    struct redis_args *args = fresh_args(lane->pool);
    arg_active(args, lane);
    arg_source(args, lane);
    redis_arg(args, work->chunk.text);
    for (size_t i = 0; i < work->piece_count; i++)
        redis_arg(args, work->pieces[i]);
    if (work->event != WORK_SPLIT)
        redis_arg(args, work->chunk.text);
    leave(lane, work, &lua_give_back, 2, args);
}

/* ---- chunks come
 * ------------------------------------------------------------------------------------------------------------- */

struct look { /* a chunk whose operation is being looked at */
    struct lane *lane;
    struct work *work;
};

static struct executor *pop_free(struct lane *lane)
{
    return lane->free_count == 0 ? NULL : lane->free[--lane->free_count];
}

/* What is of an old generation, paused or cancelled ends at once. Hash missing, or older than the chunk: PostgreSQL
 * decides. */
static bool is_wanted(struct pool *pool, const struct chunk *chunk, const redisReply *fields)
{
    const redisReply *generation = redis_item(fields, 0);
    if (generation == NULL || generation->type != REDIS_REPLY_STRING || redis_int(generation) < chunk->generation)
        return true;
    if (strcmp(redis_text(redis_item(fields, 2)), "true") == 0) {
        if (strcmp(redis_text(redis_item(fields, 1)), "cancelled") != 0 && pool->service != NULL)
            service_cancel_flags(pool->service);
        return false;
    }
    return redis_int(generation) == chunk->generation && strcmp(redis_text(redis_item(fields, 1)), "running") == 0;
}

static void on_looked(const redisReply *fields, void *context)
{
    struct look *look = context;
    struct lane *lane = look->lane;
    struct work *work = look->work;
    free(look);
    lane->looking--;
    struct executor *executor = lane->pool->draining ? NULL : pop_free(lane);
    if (executor == NULL)
        give_back(lane, work);
    else if (fields != NULL && fields->type == REDIS_REPLY_ARRAY && !is_wanted(lane->pool, &work->chunk, fields)) {
        lane->free[lane->free_count++] = executor;
        finish(lane, work);
    } else {
        FAULT_POINT("pool.dispatch");
        executor_give(executor, work);
    }
    lane_feed(lane);
}

static void drop_unreadable(struct lane *lane, const redisReply *item, const struct err_info *error)
{
    struct redis_args *args = fresh_args(lane->pool);
    log_error("an entry of queue %s is dropped: %s", queue_names[lane->queue], error->text);
    redis_arg(args, "LREM");
    arg_active(args, lane);
    redis_arg(args, "1");
    redis_arg_len(args, item->str, item->len);
    wire_send(lane->pool->wire, args, COMMAND_MS, NULL, NULL);
}

static void receive(struct lane *lane, const redisReply *item)
{
    struct err_info error = {0};
    struct work *work = work_new(WORK_RUN, NULL, NULL);
    if (chunk_parse(item->str, item->len, &work->chunk, &error) != ERR_OK) {
        drop_unreadable(lane, item, &error);
        work_drop(work);
        return;
    }
    struct redis_args *args = fresh_args(lane->pool);
    struct look *look = mem_zalloc(sizeof *look);
    *look = (struct look){lane, work};
    work->queue = lane->queue;
    held_add(lane->pool->held, lane->queue, work->chunk.text);
    lane->looking++;
    redis_arg(args, "HMGET");
    name_operation(args, lane->pool->prefix, work->chunk.operation_id);
    redis_arg(args, "gen");
    redis_arg(args, "state");
    redis_arg(args, "cancelled");
    if (!wire_send(lane->pool->wire, args, COMMAND_MS, on_looked, look))
        on_looked(NULL, look);
}

static void on_blocked(const redisReply *reply, void *context)
{
    struct lane *lane = context;
    lane->waiting = false;
    if (reply != NULL && reply->type == REDIS_REPLY_ERROR)
        log_warn("waiting for chunks failed: %s", reply->str);
    if (reply != NULL && reply->type == REDIS_REPLY_STRING) {
        FAULT_POINT("pool.blocked");
        receive(lane, reply);
    }
    if (reply != NULL && reply->type == REDIS_REPLY_NIL)
        lane->idle_rounds++;
    pool_check_idle(lane->pool);
    if (reply != NULL)
        lane_feed(lane);
}

/* Nothing was there: wait for something, on the connection that may block. */
static void lane_wait(struct lane *lane)
{
    struct redis_args *args = fresh_args(lane->pool);
    redis_arg(args, "BLMOVE");
    arg_source(args, lane);
    arg_active(args, lane);
    redis_arg(args, "LEFT");
    redis_arg(args, "RIGHT");
    redis_arg(args, lane->pool->process->suspects ? "1" : BLOCK_S);
    lane->waiting = wire_send(lane->blocking, args, BLOCK_MS, on_blocked, lane);
}

static void on_taken(const redisReply *reply, void *context)
{
    struct lane *lane = context;
    lane->taking = false;
    if (reply == NULL)
        return; /* what it may have moved is found by the heartbeat */
    if (reply->type == REDIS_REPLY_ERROR)
        log_warn("taking chunks failed: %s", reply->str);
    FAULT_POINT("pool.taken");
    if (redis_count(reply) == 0 && !lane->waiting)
        lane_wait(lane);
    for (size_t i = 0; i < redis_count(reply); i++)
        receive(lane, redis_item(reply, i));
}

/* Chunks are taken only for executors that are free and connected, and not yet promised to a chunk on its way. */
static void lane_feed(struct lane *lane)
{
    int wanted = lane->free_count - lane->looking - (lane->waiting ? 1 : 0);
    if (lane->pool->draining || lane->taking || wanted <= 0 || !wire_is_up(lane->pool->wire))
        return;
    struct redis_args *args = fresh_args(lane->pool);
    arg_source(args, lane);
    arg_active(args, lane);
    redis_arg_int(args, lane->pool->process->suspects ? 1 : wanted);
    lane->taking = wire_script(lane->pool->wire, &lua_take, 2, args, COMMAND_MS, on_taken, lane);
}

static void feed_all(struct pool *pool)
{
    for (int q = 0; q < QUEUE_COUNT; q++)
        if (pool->lanes[q].free != NULL)
            lane_feed(&pool->lanes[q]);
}

/* ---- due retries
 * ------------------------------------------------------------------------------------------------------------- */

void pool_ask_due(struct lane *lane, const char *operation_id, const char *again)
{
    struct redis_args *args = fresh_args(lane->pool);
    name_delayed(args, lane->pool->prefix, lane->queue);
    name_operation(args, lane->pool->prefix, operation_id);
    name_queue(args, lane->pool->prefix, lane->queue);
    redis_arg(args, operation_id);
    redis_arg(args, again);
    wire_script(lane->pool->wire, &lua_due, 3, args, COMMAND_MS, NULL, NULL);
}

/* ---- executors speak
 * ------------------------------------------------------------------------------------------------------------- */

static void hear(struct pool *pool, struct work *work)
{
    struct lane *lane = &pool->lanes[work->queue];
    enum work_event event = work->event;
    switch (event) {
    case WORK_READY:
        lane->free[lane->free_count++] = work->executor;
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
        finish(lane, work);
        break;
    case WORK_SPLIT:
    case WORK_GIVE_BACK:
        give_back(lane, work);
        break;
    case WORK_ENDED:
        pool->ended++;
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

/* ---- the inbox
 * ---------------------------------------------------------------------------------------------------------------------
 */

static void inbox_wait(struct pool *pool);

static void on_inbox(const redisReply *reply, void *context)
{
    struct pool *pool = context;
    pool->inbox_waiting = false;
    if (reply != NULL && reply->type == REDIS_REPLY_STRING) {
        FAULT_POINT("pool.inbox");
        service_inbox(pool->service);
    }
    if (reply != NULL)
        inbox_wait(pool);
    pool_check_drained(pool);
}

static void inbox_wait(struct pool *pool)
{
    if (pool->inbox == NULL || pool->inbox_waiting || pool->draining)
        return;
    struct redis_args *args = fresh_args(pool);
    redis_arg(args, "BLMOVE");
    name_plain(args, pool->prefix, "inbox");
    name_inbox_active(args, pool->prefix, pool->process->worker);
    redis_arg(args, "LEFT");
    redis_arg(args, "RIGHT");
    redis_arg(args, BLOCK_S);
    pool->inbox_waiting = wire_send(pool->inbox, args, BLOCK_MS, on_inbox, pool);
}

/* ---- connections
 * ---------------------------------------------------------------------------------------------------------------------
 */

static void on_wire_change(bool up, void *context)
{
    struct pool *pool = context;
    if (up) {
        pool_beat(pool);
        feed_all(pool);
    }
}

static void on_blocking_change(bool up, void *context)
{
    struct lane *lane = context;
    if (up)
        lane_feed(lane);
}

static void on_inbox_change(bool up, void *context)
{
    if (up)
        inbox_wait(context);
}

static void lane_init(struct pool *pool, int queue)
{
    struct lane *lane = &pool->lanes[queue];
    int executors = pool->process->executors[queue];
    lane->pool = pool;
    lane->queue = queue;
    if (executors == 0)
        return;
    lane->free = mem_array((size_t)executors, sizeof *lane->free);
    lane->blocking = wire_new(pool->loop, queue_names[queue], pool->process->redis, NULL, 0, on_blocking_change, lane);
    for (int i = 0; i < executors; i++)
        pool->executors[pool->executor_count++] = executor_new(pool->process, queue, pool->mail);
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
    pool->prefix = process->config->redis_prefix;
    pool->args = redis_args_new();
    pool->held = held_new();
    pool->strangers = strangers_new();
    pool->executors = mem_array((size_t)total + 1, sizeof *pool->executors);
    pool->started_us = clock_wall_us();
    ev_async_init(&pool->woken, on_mail);
    pool->woken.data = pool;
    ev_async_start(loop, &pool->woken);
    pool->mail = mailbox_new(loop, &pool->woken);
    pool->wire = wire_new(loop, "commands", process->redis, lua_all, LUA_COUNT, on_wire_change, pool);
    for (int q = 0; q < QUEUE_COUNT; q++)
        lane_init(pool, q);
    if (service != NULL && process->config->inbox_enabled)
        pool->inbox = wire_new(loop, "inbox", process->redis, NULL, 0, on_inbox_change, pool);
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
    wire_drop(pool->inbox);
    for (int q = 0; q < QUEUE_COUNT; q++) {
        wire_drop(pool->lanes[q].blocking);
        free(pool->lanes[q].free);
    }
    wire_drop(pool->wire);
    pool_stop_timers(pool);
    ev_async_stop(pool->loop, &pool->woken);
    mailbox_drop(pool->mail);
    strangers_drop(pool->strangers);
    held_drop(pool->held);
    redis_args_drop(pool->args);
    free(pool->executors);
    free(pool);
}
