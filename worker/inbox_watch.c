/*
 * Waits by a BLMOVE to a key that is no list (`inbox:door`, which lua/claim.lua keeps): it blocks while the inbox is
 * empty, and then fails (WRONGTYPE) without having moved or shown anything. So a request of whatever length stays where
 * it is for the one worker that claims it (lua/claim.lua stamps requests in their order there; a move into a worker's
 * own list would lose that order). Where Redis has lost the door, the request moves to its place, and the next claim
 * puts it back. Made and driven by pool.c.
 *
 * It must not wait again before the inbox service has found the inbox empty, or it would be woken by the same request
 * over and over: pool.c begins it by a message of the service.
 */
#include "worker/pool_state.h"

#include <string.h>

#define BLOCK_S "2"
#define BLOCK_MS 4000 /* the server waits 2 s at most; what takes longer is half open */

/* A request is there; or the inbox is no list, which the claim finds out. */
static bool is_wrong_type(const redisReply *reply)
{
    static const char code[] = "WRONGTYPE";
    return reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, code, strlen(code)) == 0;
}

static void on_inbox_answer(const redisReply *reply, void *context)
{
    struct inbox_watch *watch = context;
    watch->waiting = false;
    if (reply == NULL)
        return; /* the connection is gone: its return goes on */
    if (reply->type == REDIS_REPLY_STRING || is_wrong_type(reply)) {
        watch->wanted = false;
        inbox_service_wake(watch->pool->inbox_service);
    } else if (reply->type == REDIS_REPLY_ERROR) {
        pool_refused(watch->pool, "to wait for requests in the inbox", reply); /* the next beat goes on */
    } else {
        inbox_watch_go_on(watch);
    }
}

void inbox_watch_go_on(struct inbox_watch *watch)
{
    struct pool_state *pool = watch->pool;
    if (!watch->wanted || watch->waiting || pool->draining)
        return;
    struct redis_args *args = pool_args(pool);
    redis_arg(args, "BLMOVE");
    name_plain(args, pool->prefix, "inbox");
    name_plain(args, pool->prefix, "inbox:door");
    redis_arg(args, "LEFT");
    redis_arg(args, "LEFT");
    redis_arg(args, BLOCK_S);
    watch->waiting = redis_async_send(watch->blocking, args, BLOCK_MS, on_inbox_answer, watch);
}

void inbox_watch_begin(struct inbox_watch *watch)
{
    watch->wanted = true;
    inbox_watch_go_on(watch);
}

static void on_inbox_change(bool up, void *context)
{
    if (up)
        inbox_watch_go_on(context);
}

void inbox_watch_init(struct inbox_watch *watch, struct pool_state *pool)
{
    *watch = (struct inbox_watch){.pool = pool};
    watch->blocking = redis_async_new(
        pool->loop, &(struct redis_async_spec){
                        .name = "inbox", .address = pool->process->redis, .change = on_inbox_change, .context = watch});
}

void inbox_watch_fini(struct inbox_watch *watch)
{
    redis_async_drop(watch->blocking);
}
