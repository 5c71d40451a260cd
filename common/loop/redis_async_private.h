/* What redis_async_connection.c (down, connecting, up) and redis_async_requests.c (what is under way) share. */
#ifndef REPRISE_LOOP_REDIS_ASYNC_PRIVATE_H
#define REPRISE_LOOP_REDIS_ASYNC_PRIVATE_H

#include <hiredis/async.h>

#include "common/loop/redis_async.h"

struct request {
    struct redis_async *connection; /* NULL: completed already, hiredis has yet to let go of it */
    struct request *next;
    int64_t deadline_ms;
    redis_async_reply_fn *done;
    void *context;
};

struct redis_async {
    struct ev_loop *loop;
    const char *name;
    const struct redis_address *address;
    const struct lua *const *scripts;
    size_t script_count;
    redis_async_change_fn *change;
    void *change_context;

    redisAsyncContext *redis; /* NULL while down */
    bool up;                  /* requests are taken */
    bool told_up;             /* what the owner was told last */
    bool said_down, dropped;
    int64_t up_since_ms, heard_ms;
    int tries;      /* since it was up last */
    int greetings;  /* requests of the connection itself not yet answered */
    ev_timer timer; /* the next try, or the deadline of the oldest request, or a look at the subscription */
    struct request *first, **last; /* under way, in order */
    int pending;
    int calling;   /* callbacks of the owner that have not returned */
    char *channel; /* that it is subscribed to; NULL = none */
    bool asked_again;
    redis_async_reply_fn *heard;
    void *heard_context;
};

/* ---- redis_async_connection.c ------------------------------------------------------------------------------------ */

/* The one timer: the next try while down, else the deadline of the oldest request, or the subscription's next look. */
void redis_async_arm(struct redis_async *connection, int64_t delay_ms);
/* Ends the connection; the reason is for the log. */
void redis_async_cut(struct redis_async *connection, const char *reason);

/* ---- redis_async_requests.c -------------------------------------------------------------------------------------- */

/* Hands a command to hiredis, which copies it; also while only the greeting is under way. */
bool redis_async_submit(struct redis_async *connection, struct redis_args *args, int64_t timeout_ms,
                        redis_async_reply_fn *done, void *context);
/* Completes what is under way with NULL, in order. */
void redis_async_complete_all(struct redis_async *connection);

/* ---- redis_async_requests.c, the subscription -------------------------------------------------------------------- */

/* When the timer of a connection that is subscribed runs out. */
void redis_async_check_subscription(struct redis_async *connection);
/* The connection is gone. */
void redis_async_end_subscription(struct redis_async *connection);

#endif
