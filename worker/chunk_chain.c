/*
 * Chunks on their way from Redis to an executor, and out of Redis afterwards: an entry of the list is read, and the
 * hash of its operation is looked at, so that chunks that nothing would come of (of an old generation, paused,
 * cancelled) end without an executor; a script takes out of the active list what is done (lua/finish.lua) or given back
 * (lua/give_back.lua). Called by queue_consumer.c on the loop thread.
 *
 * The look is only a short cut: where the hash is missing or Redis does not answer, PostgreSQL decides.
 */
#include "worker/pool_state.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/fault.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/queue/dispatch.h"
#include "embedded/lua.h"

#define COMMAND_MS 2000

static void drop_unreadable(struct pool_state *pool, int queue, const redisReply *item, const struct err_info *error)
{
    struct redis_args *args = pool_args(pool);
    log_error("an entry of queue %s is dropped: %s", queue_names[queue], error->text);
    if (item->len >= CHUNK_TEXT_MAX)
        return; /* it need not travel again: the heartbeat finds it by its length */
    redis_arg(args, "LREM");
    name_active(args, pool->prefix, queue, pool->process->worker);
    redis_arg(args, "1");
    redis_arg_len(args, item->str, item->len);
    redis_async_send(pool->commands, args, COMMAND_MS, NULL, NULL);
}

struct message *chunk_read(struct pool_state *pool, int queue, const redisReply *item)
{
    struct err_info error = {0};
    struct message *message = message_new(MESSAGE_RUN, NULL, NULL);
    if (chunk_parse(item->str, item->len, &message->chunk, &error) != ERR_OK) {
        drop_unreadable(pool, queue, item, &error);
        message_drop(message);
        return NULL;
    }
    message->queue = queue;
    inflight_add(pool->inflight, queue, message->chunk.text);
    return message;
}

/* What is of an old generation, paused or cancelled ends at once. Hash missing, or older than the chunk: PostgreSQL
 * decides. */
static bool chunk_is_wanted(struct pool_state *pool, const struct chunk *chunk, const redisReply *fields)
{
    const redisReply *generation = redis_item(fields, 0);
    if (generation == NULL || generation->type != REDIS_REPLY_STRING || redis_int(generation) < chunk->generation)
        return true;
    if (strcmp(redis_text(redis_item(fields, 2)), "true") == 0) {
        if (strcmp(redis_text(redis_item(fields, 1)), "cancelled") != 0 && pool->maintenance != NULL)
            maintenance_ask(pool->maintenance, MAINTENANCE_CANCEL_FLAGS);
        return false;
    }
    return redis_int(generation) == chunk->generation && strcmp(redis_text(redis_item(fields, 1)), "running") == 0;
}

struct chain_look {
    struct pool_state *pool;
    struct message *first;
    int left; /* replies that are still to come */
    chain_looked_fn *looked;
    void *context;
};
struct chunk_look {
    struct chain_look *chain;
    struct message *message;
};

static void on_looked(const redisReply *fields, void *context)
{
    struct chunk_look *look = context;
    struct chain_look *chain = look->chain;
    if (fields != NULL && fields->type == REDIS_REPLY_ARRAY &&
        !chunk_is_wanted(chain->pool, &look->message->chunk, fields))
        look->message->kind = MESSAGE_DONE;
    free(look);
    if (--chain->left > 0)
        return;
    chain->looked(chain->first, chain->context);
    free(chain);
}

static void chunk_look(struct chain_look *chain, struct message *message)
{
    struct pool_state *pool = chain->pool;
    struct redis_args *args = pool_args(pool);
    struct chunk_look *look = mem_zalloc(sizeof *look);
    *look = (struct chunk_look){chain, message};
    name_operation(args, pool->prefix, message->chunk.operation_id);
    redis_arg(args, "gen");
    redis_arg(args, "state");
    redis_arg(args, "cancelled");
    if (!redis_async_script(pool->commands, &lua_fields, 1, args, COMMAND_MS, on_looked, look))
        on_looked(NULL, look);
}

void chain_look(struct pool_state *pool, struct message *first, chain_looked_fn *looked, void *context)
{
    struct chain_look *chain = mem_zalloc(sizeof *chain);
    int left = 0;
    for (const struct message *message = first; message != NULL; message = message->next)
        left++;
    *chain = (struct chain_look){pool, first, left, looked, context};
    for (struct message *message = first, *next; left > 0; message = next, left--) {
        next = message->next; /* the last look may be the end of the chain */
        chunk_look(chain, message);
    }
}

/* ---- chunks leave ------------------------------------------------------------------------------------------------ */

/* A chunk whose script failed stands in the active list still: the heartbeat finds it there, and it is run again
 * without effect. */
static void on_left(const redisReply *reply, void *context)
{
    struct pool_state *pool = context;
    if (reply != NULL && reply->type == REDIS_REPLY_ERROR)
        pool_refused(pool, "to take a finished chunk out of the active list", reply);
    pool->changed(pool->pool, POOL_REPLIED);
}

static void finish_args(struct redis_args *args, struct pool_state *pool, const struct message *message)
{
    const struct chunk *chunk = &message->chunk;
    pool_arg_active(args, pool, message->queue);
    name_operation(args, pool->prefix, chunk->operation_id);
    name_queue(args, pool->prefix, message->queue);
    name_delayed(args, pool->prefix, message->queue);
    name_plain(args, pool->prefix, "ops");
    redis_arg(args, chunk->text);
    redis_arg(args, chunk->operation_id);
    redis_arg_int(args, chunk->generation);
    redis_arg(args, chunk_class(chunk));
    redis_arg_int(args, message->next_open);
    redis_arg_int(args, message->due_ms);
    redis_arg_int(args, message->retries);
    name_plain(args, pool->prefix, "events");
    tally_block(args, message->settled ? &message->tally : NULL, message->finished_at);
    redis_arg_int(args, DISPATCH_KEEP_S);
}

/* The chunk is no longer ours, whatever Redis makes of the script. Takes `message`. */
static void chunk_leave(struct pool_state *pool, struct message *message, const struct lua *script, int keys,
                        struct redis_args *args)
{
    inflight_remove(pool->inflight, message->queue, message->chunk.text);
    if (!redis_async_script(pool->commands, script, keys, args, COMMAND_MS, on_left, pool))
        log_info("chunk %s could not be taken out of Redis now; the heartbeat will", message->chunk.text);
    message_drop(message);
}

void chunk_finish(struct pool_state *pool, struct message *message)
{
    FAULT_POINT("pool.finish");
    struct redis_args *args = pool_args(pool);
    finish_args(args, pool, message);
    chunk_leave(pool, message, &lua_finish, 5, args);
}

void chunk_give_back(struct pool_state *pool, struct message *message)
{
    struct redis_args *args = pool_args(pool);
    pool_arg_active(args, pool, message->queue);
    pool_arg_source(args, pool, message->queue);
    redis_arg(args, message->chunk.text);
    for (size_t i = 0; i < message->piece_count; i++)
        redis_arg(args, message->pieces[i]);
    if (message->kind != MESSAGE_SPLIT)
        redis_arg(args, message->chunk.text);
    chunk_leave(pool, message, &lua_give_back, 2, args);
}
