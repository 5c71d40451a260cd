/* What wire.c (down, connecting, up), wire_requests.c (what is under way) and wire_subscription.c share. */
#ifndef REPRISE_LOOP_REDIS_ASYNC_PRIVATE_H
#define REPRISE_LOOP_REDIS_ASYNC_PRIVATE_H

#include <hiredis/async.h>

#include "common/loop/redis_async.h"

struct request {
    struct wire *wire; /* NULL: completed already, hiredis has yet to let go of it */
    struct request *next;
    int64_t deadline_ms;
    wire_reply_fn *done;
    void *context;
};

struct wire {
    struct ev_loop *loop;
    const char *name;
    const struct redis_address *address;
    const struct lua *const *scripts;
    size_t script_count;
    wire_change_fn *change;
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
    wire_reply_fn *heard;
    void *heard_context;
};

/* ---- wire.c ---------------------------------------------------------------------------------------------------- */

/* The one timer: the next try while down, else the deadline of whoever waits, or the subscription's next look. */
void wire_arm(struct wire *wire, int64_t delay_ms);
/* Ends the connection; the reason is for the log. */
void wire_cut(struct wire *wire, const char *reason);

/* ---- wire_requests.c ------------------------------------------------------------------------------------------- */

/* Hands a command to hiredis, which copies it; also while only the greeting is under way. */
bool wire_submit(struct wire *wire, struct redis_args *args, int64_t timeout_ms, wire_reply_fn *done, void *context);
/* Completes what is under way with NULL, in order. */
void wire_complete_all(struct wire *wire);

/* ---- wire_subscription.c --------------------------------------------------------------------------------------- */

/* When the timer of a wire that is subscribed runs out. */
void wire_check_subscription(struct wire *wire);
/* The connection is gone. */
void wire_end_subscription(struct wire *wire);

#endif
