/*
 * What the parts of the pool share on the loop thread: the pool that owns it (pool.c), the consumers of the queues
 * (queue_consumer.c), and the heartbeat (heartbeat.c). The parts know this struct and not the pool: what the pool must
 * learn from them it learns through `changed`.
 */
#ifndef REPRISE_WORKER_POOL_STATE_H
#define REPRISE_WORKER_POOL_STATE_H

#include <ev.h>

#include "common/loop/mailbox.h"
#include "common/loop/redis_async.h"
#include "worker/inbox_service.h"
#include "worker/inflight.h"
#include "worker/maintenance.h"
#include "worker/process_state.h"

enum pool_change {
    POOL_REPLIED,    /* Redis has replied, so that less is waited for: a drain may be over */
    POOL_WAIT_ENDED, /* a blocking wait for chunks has ended: the quarantine process may be idle */
};

struct pool_state {
    struct ev_loop *loop;
    struct process_state *process;
    struct maintenance *maintenance;     /* NULL in the quarantine process; so is … */
    struct inbox_service *inbox_service; /* … this */
    const char *prefix;
    struct redis_args *args;      /* scratch; see pool_args */
    struct redis_async *commands; /* for everything that does not block */
    struct inflight *inflight;
    struct mailbox *mail; /* messages of executors and services to the loop */
    bool draining;
    bool refused; /* Redis has refused something since the last beat, and that was logged */
    void (*changed)(void *pool, enum pool_change change);
    void *pool;
};

/* The scratch list of arguments, empty. */
struct redis_args *pool_args(struct pool_state *pool);
/* Redis answered `what` with an error, which is logged once a beat. What was asked for is asked again at the next beat,
 * not at once: an error comes back at once, too. */
void pool_refused(struct pool_state *pool, const char *what, const redisReply *reply);
/* A due chunk of the operation goes into its queue, at most a window of them. `again`: "1" from a due chunk in hand,
 * "0" from the heartbeat. */
void pool_ask_due(struct pool_state *pool, int queue, const char *operation_id, const char *again);

#endif
