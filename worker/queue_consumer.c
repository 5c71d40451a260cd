/*
 * A lane of the pool: one queue, and this worker's executors for it. Chunks are taken while an executor is free, looked
 * at, handed out, finished or given back. One executor more than the settings say is kept for a person's single
 * requests, so that these begin while bulk work has all others.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/fault.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "embedded/lua.h"
#include "worker/pool_state.h"

#define COMMAND_MS 2000
#define BLOCK_S "2"
#define BLOCK_MS 4000      /* the server waits 2 s at most; what takes longer is half open */
#define FIRST_EVERY_S 0.02 /* a single request is to begin within 50 ms */

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

/* ---- chunks leave -------------------------------------------------------------------------------------------- */

/* A chunk whose script failed stands in the active list still: the heartbeat finds it there, and it is run again in
 * vain. */
static void on_left(const redisReply *reply, void *context)
{
    if (reply != NULL && reply->type == REDIS_REPLY_ERROR)
        pool_refused(context, "that a chunk leaves", reply);
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
    if (!redis_async_script(lane->pool->wire, script, keys, args, COMMAND_MS, on_left, lane->pool))
        log_info("chunk %s could not be taken out of Redis now; the heartbeat will", work->chunk.text);
    work_drop(work);
}

void lane_finish(struct lane *lane, struct work *work)
{
    FAULT_POINT("pool.finish");
    struct redis_args *args = pool_args(lane->pool);
    finish_args(args, lane, work);
    leave(lane, work, &lua_finish, 4, args);
}

void lane_give_back(struct lane *lane, struct work *work)
{
    struct redis_args *args = pool_args(lane->pool);
    arg_active(args, lane);
    arg_source(args, lane);
    redis_arg(args, work->chunk.text);
    for (size_t i = 0; i < work->piece_count; i++)
        redis_arg(args, work->pieces[i]);
    if (work->event != WORK_SPLIT)
        redis_arg(args, work->chunk.text);
    leave(lane, work, &lua_give_back, 2, args);
}

/* ---- chunks come --------------------------------------------------------------------------------------------- */

struct look { /* a chunk whose operation is being looked at */
    struct lane *lane;
    struct work *work;
};

/* A single request's chunk leaves to bulk what is bulk's, where it can. */
static struct executor *pop_free(struct lane *lane, const struct chunk *chunk)
{
    if (chunk->first && lane->kept_free) {
        lane->kept_free = false;
        return lane->kept;
    }
    return lane->free_count == 0 ? NULL : lane->free[--lane->free_count];
}

void lane_set_free(struct lane *lane, struct executor *executor)
{
    if (executor == lane->kept)
        lane->kept_free = true;
    else
        lane->free[lane->free_count++] = executor;
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
    struct executor *executor = lane->pool->draining ? NULL : pop_free(lane, &work->chunk);
    if (executor == NULL)
        lane_give_back(lane, work);
    else if (fields != NULL && fields->type == REDIS_REPLY_ARRAY && !is_wanted(lane->pool, &work->chunk, fields)) {
        lane_set_free(lane, executor);
        lane_finish(lane, work);
    } else {
        FAULT_POINT("pool.dispatch");
        executor_give(executor, work);
    }
    lane_feed(lane);
}

static void drop_unreadable(struct lane *lane, const redisReply *item, const struct err_info *error)
{
    struct redis_args *args = pool_args(lane->pool);
    log_error("an entry of queue %s is dropped: %s", queue_names[lane->queue], error->text);
    if (item->len >= CHUNK_TEXT_MAX)
        return; /* it need not travel again: the heartbeat finds it by its length */
    redis_arg(args, "LREM");
    arg_active(args, lane);
    redis_arg(args, "1");
    redis_arg_len(args, item->str, item->len);
    redis_async_send(lane->pool->wire, args, COMMAND_MS, NULL, NULL);
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
    struct redis_args *args = pool_args(lane->pool);
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
    if (!redis_async_send(lane->pool->wire, args, COMMAND_MS, on_looked, look))
        on_looked(NULL, look);
}

static void on_blocked(const redisReply *reply, void *context)
{
    struct lane *lane = context;
    lane->waiting = false;
    if (reply != NULL && reply->type == REDIS_REPLY_ERROR)
        pool_refused(lane->pool, "the wait for chunks", reply);
    if (reply != NULL && reply->type == REDIS_REPLY_STRING) {
        FAULT_POINT("pool.blocked");
        receive(lane, reply);
    }
    if (reply != NULL && reply->type == REDIS_REPLY_NIL)
        lane->idle_rounds++;
    pool_check_idle(lane->pool);
    if (reply != NULL && reply->type != REDIS_REPLY_ERROR)
        lane_feed(lane);
}

/* Nothing was there: wait for something, on the connection that may block. */
static void lane_wait(struct lane *lane)
{
    struct redis_args *args = pool_args(lane->pool);
    redis_arg(args, "BLMOVE");
    arg_source(args, lane);
    arg_active(args, lane);
    redis_arg(args, "LEFT");
    redis_arg(args, "RIGHT");
    redis_arg(args, lane->pool->process->suspects ? "1" : BLOCK_S);
    lane->waiting = redis_async_send(lane->blocking, args, BLOCK_MS, on_blocked, lane);
}

static void receive_all(struct lane *lane, const redisReply *reply)
{
    if (reply->type == REDIS_REPLY_ERROR)
        pool_refused(lane->pool, "that chunks are taken", reply);
    FAULT_POINT("pool.taken");
    for (size_t i = 0; i < redis_count(reply); i++)
        receive(lane, redis_item(reply, i));
}

/* Without an answer: what it may have moved is found by the heartbeat. */
static void on_taken(const redisReply *reply, void *context)
{
    struct lane *lane = context;
    lane->taking = false;
    if (reply == NULL)
        return;
    if (reply->type == REDIS_REPLY_ARRAY && redis_count(reply) == 0 && !lane->waiting)
        lane_wait(lane);
    receive_all(lane, reply);
}

static bool take(struct lane *lane, int64_t at_most, const char *which, redis_async_reply_fn *done)
{
    struct redis_args *args = pool_args(lane->pool);
    arg_source(args, lane);
    arg_active(args, lane);
    redis_arg_int(args, at_most);
    redis_arg(args, which);
    return redis_async_script(lane->pool->wire, &lua_take, 2, args, COMMAND_MS, done, lane);
}

/* ---- a person's single requests ------------------------------------------------------------------------------- */

static void on_first_taken(const redisReply *reply, void *context)
{
    struct lane *lane = context;
    lane->looking_for_first = false;
    if (reply != NULL)
        receive_all(lane, reply);
}

/* Only while nobody else would take them: bulk work keeps all others busy. */
static bool wants_first(const struct lane *lane)
{
    return lane->kept_free && !lane->pool->draining && !lane->waiting && !lane->taking &&
           lane->free_count <= lane->looking;
}

static void on_first_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)events;
    struct lane *lane = timer->data;
    if (!wants_first(lane))
        ev_timer_stop(loop, timer);
    else if (!lane->looking_for_first && redis_async_is_up(lane->pool->wire))
        lane->looking_for_first = take(lane, 1, "first", on_first_taken);
}

static void watch_for_first(struct lane *lane)
{
    if (wants_first(lane) && !ev_is_active(&lane->first_timer))
        ev_timer_again(lane->pool->loop, &lane->first_timer);
}

/* ---- life ------------------------------------------------------------------------------------------------------- */

/* Chunks are taken only for executors that are free and connected, and not yet promised to a chunk on its way. */
void lane_feed(struct lane *lane)
{
    int wanted = lane->free_count - lane->looking - (lane->waiting ? 1 : 0);
    watch_for_first(lane);
    if (lane->pool->draining || lane->taking || wanted <= 0 || !redis_async_is_up(lane->pool->wire))
        return;
    lane->taking = take(lane, lane->pool->process->suspects ? 1 : wanted, "", on_taken);
}

static void on_blocking_change(bool up, void *context)
{
    struct lane *lane = context;
    if (up)
        lane_feed(lane);
}

static struct executor *add_executor(struct lane *lane)
{
    struct pool *pool = lane->pool;
    struct executor *executor = executor_new(pool->process, lane->queue, pool->mail);
    pool->executors[pool->executor_count++] = executor;
    return executor;
}

void lane_init(struct pool *pool, int queue)
{
    struct lane *lane = &pool->lanes[queue];
    int executors = pool->process->executors[queue];
    lane->pool = pool;
    lane->queue = queue;
    ev_init(&lane->first_timer, on_first_timer);
    lane->first_timer.repeat = FIRST_EVERY_S;
    lane->first_timer.data = lane;
    if (executors == 0)
        return;
    lane->free = mem_array((size_t)executors, sizeof *lane->free);
    lane->blocking =
        redis_async_new(pool->loop, queue_names[queue], pool->process->redis, NULL, 0, on_blocking_change, lane);
    for (int i = 0; i < executors; i++)
        add_executor(lane);
    if (!pool->process->suspects)
        lane->kept = add_executor(lane);
}

void lane_fini(struct lane *lane)
{
    ev_timer_stop(lane->pool->loop, &lane->first_timer);
    redis_async_drop(lane->blocking);
    free(lane->free);
}
