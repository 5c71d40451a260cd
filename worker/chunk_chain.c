/*
 * Chunks on their way from Redis to an executor: an entry of the list is read, and the hash of its operation is looked
 * at, so that chunks that nothing would come of (of an old generation, paused, cancelled) end without an executor.
 * Called by queue_consumer.c on the loop thread.
 *
 * The look is only a short cut: where the hash is missing or Redis does not answer, PostgreSQL decides.
 */
#include "worker/pool_state.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"

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
    redis_arg(args, "HMGET");
    name_operation(args, pool->prefix, message->chunk.operation_id);
    redis_arg(args, "gen");
    redis_arg(args, "state");
    redis_arg(args, "cancelled");
    if (!redis_async_send(pool->commands, args, COMMAND_MS, on_looked, look))
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
