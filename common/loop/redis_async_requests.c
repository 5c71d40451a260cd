/*
 * What is under way on a connection, and the subscription. Each request completes exactly once: with its reply, or with
 * NULL where its outcome is unknown. A deadline that passes ends the connection, since no later reply could be trusted
 * to belong to its request. Called by redis_async_connection.c when the connection changes, and by the owner to send.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/loop/redis_async_private.h"

static void request_complete(struct redis_async *connection, const struct request *request, const redisReply *reply)
{
    connection->calling++;
    if (request->done != NULL)
        request->done(reply, request->context);
    connection->calling--;
}

static void unlink_request(struct redis_async *connection, struct request *request)
{
    struct request **place = &connection->first;
    while (*place != request)
        place = &(*place)->next;
    *place = request->next;
    if (connection->last == &request->next)
        connection->last = place;
    connection->pending--;
}

/* Completes what is under way with NULL, in order. hiredis' own completions of it come later, some of them not before
 * its callback that is running now has returned; they only free what is left. */
void redis_async_complete_all(struct redis_async *connection)
{
    while (connection->first != NULL) {
        struct request *request = connection->first;
        unlink_request(connection, request);
        request->connection = NULL;
        request_complete(connection, request, NULL);
    }
}

/* The earliest deadline counts, also behind a request that has more time. */
static void watch_deadline(struct redis_async *connection)
{
    if (connection->redis == NULL)
        return;
    if (connection->first == NULL) {
        ev_timer_stop(connection->loop, &connection->timer);
        return;
    }
    int64_t earliest_ms = connection->first->deadline_ms;
    for (const struct request *request = connection->first->next; request != NULL; request = request->next)
        if (request->deadline_ms < earliest_ms)
            earliest_ms = request->deadline_ms;
    redis_async_arm(connection, earliest_ms - clock_mono_ms());
}

static bool is_noscript(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "NOSCRIPT", strlen("NOSCRIPT")) == 0;
}

static void on_reply(redisAsyncContext *redis, void *reply, void *privdata)
{
    struct request *request = privdata;
    struct redis_async *connection = request->connection;
    if (connection == NULL) {
        free(request);
        return;
    }
    unlink_request(connection, request);
    if (reply == NULL && connection->redis == redis)
        connection->up = false; /* hiredis is tearing it down; on_disconnect follows */
    if (reply != NULL && connection->redis == redis) {
        connection->heard_ms = clock_mono_ms();
        watch_deadline(connection);
    }
    bool forgotten = reply != NULL && is_noscript(reply);
    request_complete(connection, request, forgotten ? NULL : reply);
    free(request);
    if (forgotten && connection->redis == redis)
        redis_async_cut(connection, "Redis has forgotten our scripts"); /* the next connection loads them */
}

bool redis_async_submit(struct redis_async *connection, struct redis_args *args, int64_t timeout_ms,
                        redis_async_reply_fn *done, void *context)
{
    struct request *request = mem_zalloc(sizeof *request);
    *request = (struct request){connection, NULL, clock_mono_ms() + timeout_ms, done, context};
    if (redisAsyncCommandArgv(connection->redis, on_reply, request, redis_args_count(args), redis_args_values(args),
                              redis_args_lengths(args)) != REDIS_OK) {
        free(request);
        return false;
    }
    *connection->last = request;
    connection->last = &request->next;
    connection->pending++;
    watch_deadline(connection);
    return true;
}

bool redis_async_send(struct redis_async *connection, struct redis_args *args, int64_t timeout_ms,
                      redis_async_reply_fn *done, void *context)
{
    return connection->up && redis_async_submit(connection, args, timeout_ms, done, context);
}

bool redis_async_script(struct redis_async *connection, const struct lua *script, int keys, struct redis_args *args,
                        int64_t timeout_ms, redis_async_reply_fn *done, void *context)
{
    struct redis_args *call = redis_args_new();
    redis_arg(call, "EVALSHA");
    redis_arg(call, redis_script_sha(script));
    redis_arg_int(call, keys);
    for (int i = 0; i < redis_args_count(args); i++)
        redis_arg_len(call, redis_args_values(args)[i], redis_args_lengths(args)[i]);
    bool sent = redis_async_send(connection, call, timeout_ms, done, context);
    redis_args_drop(call);
    return sent;
}

int redis_async_pending(const struct redis_async *connection)
{
    return connection->pending;
}

int64_t redis_async_heard(const struct redis_async *connection)
{
    return connection->heard_ms;
}

/* ---- a subscription ---------------------------------------------------------------------------------------------- */

/*
 * The subscription of a connection. No caller waits for an answer there, so that a connection which has fallen silent
 * would look like a channel on which nothing is said: after a while without a word the subscription is asked for once
 * more, which changes nothing but must be acknowledged.
 */

#define LOOK_MS 2000
#define QUIET_MS 1000 /* less: the last word may have come just behind a look */

/* NULL: the connection goes down, which the owner hears of by itself. */
static void on_publication(redisAsyncContext *redis, void *reply, void *privdata)
{
    struct redis_async *connection = redis->data;
    (void)privdata;
    if (connection == NULL || connection->redis != redis || reply == NULL)
        return;
    connection->heard_ms = clock_mono_ms();
    connection->asked_again = false;
    if (strcmp(redis_text(redis_item(reply, 0)), "message") != 0)
        return;
    connection->calling++;
    connection->heard(reply, connection->heard_context);
    connection->calling--;
}

static bool ask_for(struct redis_async *connection)
{
    return redisAsyncCommand(connection->redis, on_publication, NULL, "SUBSCRIBE %s", connection->channel) == REDIS_OK;
}

bool redis_async_subscribe(struct redis_async *connection, const char *channel, redis_async_reply_fn *heard,
                           void *context)
{
    if (!connection->up)
        return false;
    connection->heard = heard;
    connection->heard_context = context;
    connection->channel = mem_strdup(channel);
    connection->asked_again = false;
    redis_async_arm(connection, LOOK_MS);
    return ask_for(connection);
}

void redis_async_check_subscription(struct redis_async *connection)
{
    bool quiet = clock_mono_ms() - connection->heard_ms >= QUIET_MS;
    if (connection->asked_again || (quiet && !ask_for(connection))) {
        redis_async_cut(connection, "nothing came, though it was asked for");
        return;
    }
    connection->asked_again = quiet;
    redis_async_arm(connection, LOOK_MS);
}

void redis_async_end_subscription(struct redis_async *connection)
{
    free(connection->channel);
    connection->channel = NULL;
}
