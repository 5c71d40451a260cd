/*
 * A connection to Redis that lives in a libev loop and comes back by itself: one small state machine over hiredis'
 * async context, with timers of our own (hiredis 0.14 has none).
 *
 *   down --timer--> connecting --scripts loaded--> up --error, timeout--> down (back-off with jitter)
 *
 * Every request that was accepted completes exactly once, never from inside redis_async_send: with a reply, or with
 * NULL, which means that its outcome is unknown (timed out, cut, dropped). A timeout ends the connection, for nothing
 * behind it can be trusted to be answered either. Blocking commands get a connection of their own. A reply or message
 * of more than REDIS_ASYNC_REPLY_MAX bytes ends the connection too: nothing of ours is so long, and it must not be
 * collected.
 */
#ifndef REPRISE_LOOP_REDIS_ASYNC_H
#define REPRISE_LOOP_REDIS_ASYNC_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/store/redis.h"

struct redis_async;

#define REDIS_ASYNC_REPLY_MAX (8 * 1024 * 1024)

typedef void redis_async_reply_fn(const redisReply *reply, void *context);
/* Told each time it has come up, or gone down. */
typedef void redis_async_change_fn(bool up, void *context);

/* All is borrowed, and must outlive the connection. */
struct redis_async_spec {
    const char *name;                    /* for the log */
    const struct redis_address *address; /* its host should be a literal, for a name is resolved while the loop waits */
    const struct lua *const *scripts;    /* loaded at each connect, and again after Redis forgot them; may be none */
    size_t script_count;
    redis_async_change_fn *change;
    void *context; /* of `change` */
};
struct redis_async *redis_async_new(struct ev_loop *loop, const struct redis_async_spec *spec);
/* Completes what is under way with NULL. Not from inside a callback of this connection. Takes NULL. */
void redis_async_drop(struct redis_async *connection);

bool redis_async_is_up(const struct redis_async *connection);
/* clock_mono_ms since when it is up; 0 if it is not. */
int64_t redis_async_up_since(const struct redis_async *connection);
/* Requests under way. */
int redis_async_pending(const struct redis_async *connection);
/* When the last reply of any kind came (clock_mono_ms): a connection that is up but deaf shows here. */
int64_t redis_async_heard(const struct redis_async *connection);

/* False if it is not up: then `done` is not called. `done` may be NULL. */
bool redis_async_send(struct redis_async *connection, struct redis_args *args, int64_t timeout_ms,
                      redis_async_reply_fn *done, void *context);
bool redis_async_script(struct redis_async *connection, const struct lua *script, int keys, struct redis_args *args,
                        int64_t timeout_ms, redis_async_reply_fn *done, void *context);

/* Subscribes to a channel. `heard` is told of each message (an array: "message", channel, text) until the connection
 * goes down, which it does within seconds if it falls silent; then subscribe again when it has come up. The connection
 * is of use for nothing else from then on. False if it is not up. Once per connection. */
bool redis_async_subscribe(struct redis_async *connection, const char *channel, redis_async_reply_fn *heard,
                           void *context);

#endif
