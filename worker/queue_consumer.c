/*
 * The life of a chunk in this process: take or BLMOVE brings it, its operation's hash is read, an executor runs it, and
 * it leaves the active list (chunk_chain.c). Called by pool.c, and by the replies of Redis.
 *
 * A chunk is taken only where an executor is free and connected and not promised to another chunk. From then on it
 * stands in `inflight`, until the script that takes it out of Redis is sent: a chunk that is in the active list and not
 * in `inflight` is put back by the heartbeat, and would run twice.
 */
#include "worker/queue_consumer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/fault.h"
#include "common/base/mem.h"
#include "common/queue/singles.h"
#include "embedded/lua.h"
#include "worker/pool_state.h"

#define COMMAND_MS 2000
#define BLOCK_S "2"
#define BLOCK_MS 4000         /* the server waits 2 s at most; what takes longer is half open */
#define SINGLES_TURN_US 20000 /* of single requests that one executor runs together */
#define SINGLE_EVERY_S 0.02   /* a single request is to begin within 50 ms */

/* ---- chunks come --------------------------------------------------------------------------------------------- */

/* A single request's chunk leaves to bulk what is bulk's, where it can. */
static struct executor *executor_pop_free(struct queue_consumer *consumer, const struct chunk *chunk)
{
    if (chunk->first && consumer->kept_free) {
        consumer->kept_free = false;
        return consumer->kept;
    }
    return consumer->free_count == 0 ? NULL : consumer->free[--consumer->free_count];
}

static void executor_set_free(struct queue_consumer *consumer, struct executor *executor)
{
    if (executor == consumer->kept)
        consumer->kept_free = true;
    else
        consumer->free[consumer->free_count++] = executor;
}

/* Finishes what is not wanted, and returns the rest. */
static struct message *chain_without_unwanted(struct queue_consumer *consumer, struct message *first)
{
    struct message *kept = NULL, **end = &kept;
    for (struct message *message = first, *next; message != NULL; message = next) {
        next = message->next;
        message->next = NULL;
        if (message->kind == MESSAGE_DONE) {
            chunk_finish(consumer->pool, message);
        } else {
            *end = message;
            end = &message->next;
        }
    }
    return kept;
}

static void chain_give_back(struct queue_consumer *consumer, struct message *first)
{
    for (struct message *message = first, *next; message != NULL; message = next) {
        next = message->next;
        message->next = NULL;
        chunk_give_back(consumer->pool, message);
    }
}

static void chain_dispatch(struct message *first, void *context)
{
    struct queue_consumer *consumer = context;
    consumer->looking--;
    first = chain_without_unwanted(consumer, first);
    struct executor *executor =
        first == NULL || consumer->pool->draining ? NULL : executor_pop_free(consumer, &first->chunk);
    if (executor == NULL) {
        chain_give_back(consumer, first);
    } else {
        FAULT_POINT("pool.dispatch");
        executor_give(executor, first);
    }
    queue_consumer_feed(consumer);
}

/* It has an executor promised from now on. */
static void chain_give(struct queue_consumer *consumer, struct message *first)
{
    consumer->looking++;
    chain_look(consumer->pool, first, chain_dispatch, consumer);
}

/* How many single requests one executor gets: so many as it runs in a short turn. Those of a kind that takes long come
 * one by one, as they then wait for no other. */
static int64_t singles_at_once(const struct queue_consumer *consumer)
{
    int64_t fit = consumer->single_us == 0 ? 1 : SINGLES_TURN_US / consumer->single_us;
    return consumer->pool->process->quarantine || fit < 1 ? 1 : fit > SINGLES_MAX ? SINGLES_MAX : fit;
}

static void note_single_time(struct queue_consumer *consumer, const struct message *message)
{
    if (message->took_us > 0)
        consumer->single_us =
            consumer->single_us == 0 ? message->took_us : (3 * consumer->single_us + message->took_us + 3) / 4;
}

static void on_blocked(const redisReply *reply, void *context)
{
    struct queue_consumer *consumer = context;
    consumer->waiting = false;
    if (reply != NULL && reply->type == REDIS_REPLY_ERROR)
        pool_refused(consumer->pool, "to wait for chunks", reply);
    if (reply != NULL && reply->type == REDIS_REPLY_STRING) {
        FAULT_POINT("pool.blocked");
        struct message *message = chunk_read(consumer->pool, consumer->queue, reply);
        if (message != NULL)
            chain_give(consumer, message);
    }
    if (reply != NULL && reply->type == REDIS_REPLY_NIL)
        consumer->idle_rounds++;
    consumer->pool->changed(consumer->pool->pool, POOL_WAIT_ENDED);
    if (reply != NULL && reply->type != REDIS_REPLY_ERROR)
        queue_consumer_feed(consumer);
}

/* Nothing was there: wait for something, on the connection that may block. */
static void chunk_wait(struct queue_consumer *consumer)
{
    struct redis_args *args = pool_args(consumer->pool);
    redis_arg(args, "BLMOVE");
    pool_arg_source(args, consumer->pool, consumer->queue);
    pool_arg_active(args, consumer->pool, consumer->queue);
    redis_arg(args, "LEFT");
    redis_arg(args, "RIGHT");
    redis_arg(args, consumer->pool->process->quarantine ? "1" : BLOCK_S);
    consumer->waiting = redis_async_send(consumer->blocking, args, BLOCK_MS, on_blocked, consumer);
}

/* Neighbours of single requests become one chain; all others go by themselves. */
static void entries_receive(struct queue_consumer *consumer, const redisReply *reply)
{
    struct message *first = NULL, *last = NULL;
    int count = 0;
    if (reply->type == REDIS_REPLY_ERROR)
        pool_refused(consumer->pool, "to move chunks into the active list", reply);
    FAULT_POINT("pool.taken");
    for (size_t i = 0; i < redis_count(reply); i++) {
        struct message *message = chunk_read(consumer->pool, consumer->queue, redis_item(reply, i));
        if (message == NULL)
            continue;
        if (first != NULL && first->chunk.first && message->chunk.first && count < consumer->taken_at_once) {
            last->next = message;
            count++;
        } else {
            if (first != NULL)
                chain_give(consumer, first);
            first = message;
            count = 1;
        }
        last = message;
    }
    if (first != NULL)
        chain_give(consumer, first);
}

/* Without an answer: what it may have moved is found by the heartbeat. */
static void on_taken(const redisReply *reply, void *context)
{
    struct queue_consumer *consumer = context;
    consumer->taking = false;
    if (reply == NULL)
        return;
    if (reply->type == REDIS_REPLY_ARRAY && redis_count(reply) == 0 && !consumer->waiting)
        chunk_wait(consumer);
    entries_receive(consumer, reply);
}

static bool chunks_take(struct queue_consumer *consumer, int64_t at_most, const char *which, redis_async_reply_fn *done)
{
    struct redis_args *args = pool_args(consumer->pool);
    pool_arg_source(args, consumer->pool, consumer->queue);
    pool_arg_active(args, consumer->pool, consumer->queue);
    consumer->taken_at_once = singles_at_once(consumer);
    redis_arg_int(args, at_most);
    redis_arg(args, which);
    redis_arg_int(args, consumer->taken_at_once);
    return redis_async_script(consumer->pool->commands, &lua_take, 2, args, COMMAND_MS, done, consumer);
}

/* ---- a person's single requests ------------------------------------------------------------------------------- */

static void on_single_taken(const redisReply *reply, void *context)
{
    struct queue_consumer *consumer = context;
    consumer->asking_for_single = false;
    if (reply != NULL)
        entries_receive(consumer, reply);
}

/* Only while no other executor would take them: bulk work keeps all of them busy. */
static bool wants_single(const struct queue_consumer *consumer)
{
    return consumer->kept_free && !consumer->pool->draining && !consumer->waiting && !consumer->taking &&
           consumer->free_count <= consumer->looking;
}

static void on_single_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)events;
    struct queue_consumer *consumer = timer->data;
    if (!wants_single(consumer))
        ev_timer_stop(loop, timer);
    else if (!consumer->asking_for_single && redis_async_is_up(consumer->pool->commands))
        consumer->asking_for_single = chunks_take(consumer, 1, "first", on_single_taken);
}

static void ask_for_single(struct queue_consumer *consumer)
{
    if (wants_single(consumer) && !ev_is_active(&consumer->single_timer))
        ev_timer_again(consumer->pool->loop, &consumer->single_timer);
}

/* ---- life ------------------------------------------------------------------------------------------------------- */

/* Chunks are taken only for executors that are free and connected, and not yet promised to a chunk on its way. */
void queue_consumer_feed(struct queue_consumer *consumer)
{
    if (consumer->executors == NULL)
        return;
    int wanted = consumer->free_count - consumer->looking - (consumer->waiting ? 1 : 0);
    ask_for_single(consumer);
    if (consumer->pool->draining || consumer->taking || wanted <= 0 || !redis_async_is_up(consumer->pool->commands))
        return;
    consumer->taking = chunks_take(consumer, consumer->pool->process->quarantine ? 1 : wanted, "", on_taken);
}

static void on_blocking_change(bool up, void *context)
{
    struct queue_consumer *consumer = context;
    if (up)
        queue_consumer_feed(consumer);
}

static struct executor *executor_add(struct queue_consumer *consumer)
{
    struct executor *executor = executor_new(consumer->pool->process, consumer->queue, consumer->pool->mail);
    consumer->executors[consumer->executor_count++] = executor;
    return executor;
}

void queue_consumer_init(struct queue_consumer *consumer, struct pool_state *pool, int queue)
{
    int executors = pool->process->executors[queue];
    *consumer = (struct queue_consumer){.pool = pool, .queue = queue};
    ev_init(&consumer->single_timer, on_single_timer);
    consumer->single_timer.repeat = SINGLE_EVERY_S;
    consumer->single_timer.data = consumer;
    if (executors == 0)
        return;
    consumer->free = mem_array((size_t)executors, sizeof *consumer->free);
    consumer->executors = mem_array((size_t)executors + 1, sizeof *consumer->executors);
    consumer->blocking = redis_async_new(pool->loop, &(struct redis_async_spec){.name = queue_names[queue],
                                                                                .address = pool->process->redis,
                                                                                .change = on_blocking_change,
                                                                                .context = consumer});
    for (int i = 0; i < executors; i++)
        executor_add(consumer);
    if (!pool->process->quarantine)
        consumer->kept = executor_add(consumer);
}

void queue_consumer_stop(struct queue_consumer *consumer)
{
    for (int i = 0; i < consumer->executor_count; i++)
        executor_give(consumer->executors[i], message_new(MESSAGE_STOP, consumer->executors[i], NULL));
}

void queue_consumer_join(struct queue_consumer *consumer)
{
    for (int i = 0; i < consumer->executor_count; i++)
        executor_drop(consumer->executors[i]);
}

void queue_consumer_fini(struct queue_consumer *consumer)
{
    ev_timer_stop(consumer->pool->loop, &consumer->single_timer);
    redis_async_drop(consumer->blocking);
    free(consumer->executors);
    free(consumer->free);
}

bool queue_consumer_may_receive(const struct queue_consumer *consumer)
{
    return consumer->waiting || consumer->taking;
}

void queue_consumer_on_message(struct queue_consumer *consumer, struct message *message)
{
    switch (message->kind) {
    case MESSAGE_DONE:
        note_single_time(consumer, message);
        chunk_finish(consumer->pool, message);
        return;
    case MESSAGE_SPLIT:
    case MESSAGE_GIVE_BACK:
        chunk_give_back(consumer->pool, message);
        return;
    case MESSAGE_READY:
        executor_set_free(consumer, message->executor);
        break;
    case MESSAGE_MORE_DUE:
        pool_ask_due(consumer->pool, consumer->queue, message->chunk.operation_id, "1");
        break;
    case MESSAGE_ENDED:
        consumer->ended++;
        break;
    case MESSAGE_RUN:
    case MESSAGE_STOP:
    case MESSAGE_INBOX_EMPTY:
    case MESSAGE_SERVICE_ENDED:
        abort(); /* no executor sends these */
    }
    message_drop(message);
}
