/*
 * The subscription of a wire. Nobody waits for an answer there, so that a connection which has fallen silent would look
 * like a channel on which nothing is said: after a while without a word the subscription is asked for once more, which
 * changes nothing but must be acknowledged.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/loop/redis_async_private.h"

#define LOOK_MS 2000
#define QUIET_MS 1000 /* less: the last word may have come just behind a look */

/* NULL: the connection goes down, which the owner hears of by itself. */
static void on_publication(redisAsyncContext *redis, void *reply, void *privdata)
{
    struct redis_async *wire = redis->data;
    (void)privdata;
    if (wire == NULL || wire->redis != redis || reply == NULL)
        return;
    wire->heard_ms = clock_mono_ms();
    wire->asked_again = false;
    if (strcmp(redis_text(redis_item(reply, 0)), "message") != 0)
        return;
    wire->calling++;
    wire->heard(reply, wire->heard_context);
    wire->calling--;
}

static bool ask_for(struct redis_async *wire)
{
    return redisAsyncCommand(wire->redis, on_publication, NULL, "SUBSCRIBE %s", wire->channel) == REDIS_OK;
}

bool redis_async_subscribe(struct redis_async *wire, const char *channel, redis_async_reply_fn *heard, void *context)
{
    if (!wire->up)
        return false;
    wire->heard = heard;
    wire->heard_context = context;
    wire->channel = mem_strdup(channel);
    wire->asked_again = false;
    redis_async_arm(wire, LOOK_MS);
    return ask_for(wire);
}

void redis_async_check_subscription(struct redis_async *wire)
{
    bool quiet = clock_mono_ms() - wire->heard_ms >= QUIET_MS;
    if (wire->asked_again || (quiet && !ask_for(wire))) {
        redis_async_cut(wire, "nothing came, though it was asked for");
        return;
    }
    wire->asked_again = quiet;
    redis_async_arm(wire, LOOK_MS);
}

void redis_async_end_subscription(struct redis_async *wire)
{
    free(wire->channel);
    wire->channel = NULL;
}
