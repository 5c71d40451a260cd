#include "worker/pool_state.h"

#include "common/base/log.h"
#include "common/queue/sweep.h"
#include "embedded/lua.h"

#define COMMAND_MS 2000

struct redis_args *pool_args(struct pool_state *pool)
{
    redis_args_reset(pool->args);
    return pool->args;
}

void pool_refused(struct pool_state *pool, const char *what, const redisReply *reply)
{
    if (!pool->refused)
        log_warn("Redis refused %s: %s", what, reply->str);
    pool->refused = true;
    if (pool->maintenance != NULL && key_repair_is_blamed(reply->str))
        maintenance_ask(pool->maintenance, MAINTENANCE_KEYS);
}

void pool_arg_source(struct redis_args *args, const struct pool_state *pool, int queue)
{
    if (pool->process->quarantine)
        name_suspects(args, pool->prefix, queue);
    else
        name_queue(args, pool->prefix, queue);
}

void pool_arg_active(struct redis_args *args, const struct pool_state *pool, int queue)
{
    name_active(args, pool->prefix, queue, pool->process->worker);
}

void pool_ask_due(struct pool_state *pool, int queue, const char *operation_id, const char *again)
{
    struct redis_args *args = pool_args(pool);
    name_delayed(args, pool->prefix, queue);
    name_operation(args, pool->prefix, operation_id);
    name_queue(args, pool->prefix, queue);
    redis_arg(args, operation_id);
    redis_arg(args, again);
    redis_async_script(pool->commands, &lua_due, 3, args, COMMAND_MS, NULL, NULL);
}
