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
/* Append the keys of the list that this process takes the chunks of a queue from (a queue; of the quarantine process,
 * its suspects), and of the active list that it moves them to. */
void pool_arg_source(struct redis_args *args, const struct pool_state *pool, int queue);
void pool_arg_active(struct redis_args *args, const struct pool_state *pool, int queue);
/* A due chunk of the operation goes into its queue, at most a window of them. `again`: "1" from a due chunk in hand,
 * "0" from the heartbeat. */
void pool_ask_due(struct pool_state *pool, int queue, const char *operation_id, const char *again);

/* ---- the heartbeat ----------------------------------------------------------------------------------------------- */

/*
 * The heartbeat of a worker process: its sign of life in Redis, and how it learns from the reply what is due and which
 * workers are dead.
 */

/* How often it is sent. */
extern const double heartbeat_every_s;

struct heartbeat {
    struct pool_state *pool; /* borrowed */
    struct strays *strays;
    int64_t started_us;     /* clock_wall_us */
    int64_t done;           /* chunks; the owner counts */
    int64_t reclaim_offset; /* into the list of workers without a recent beat */
};

void heartbeat_init(struct heartbeat *heartbeat, struct pool_state *pool);
void heartbeat_fini(struct heartbeat *heartbeat);
/* To be called every second; does nothing while Redis is away. */
void heartbeat_send(struct heartbeat *heartbeat);

/* ---- the inbox --------------------------------------------------------------------------------------------------- */

/*
 * The inbox watch: waits for requests on a blocking connection of its own, so that one is taken up at once and an idle
 * worker asks Redis for nothing meanwhile. It only wakes the inbox service, which takes the requests.
 */

struct inbox_watch {
    struct pool_state *pool; /* borrowed */
    struct redis_async *blocking;
    bool wanted;  /* the inbox service has found the inbox empty, and has not been woken since */
    bool waiting; /* a BLMOVE is under way */
};

/* `pool` is borrowed; with an inbox service. */
void inbox_watch_init(struct inbox_watch *watch, struct pool_state *pool);
void inbox_watch_fini(struct inbox_watch *watch);
/* Waits for the next request, and then wakes the inbox service, once. */
void inbox_watch_begin(struct inbox_watch *watch);
/* To be called every second: begins again what an error of Redis ended. */
void inbox_watch_go_on(struct inbox_watch *watch);

/* ---- chunks from Redis ------------------------------------------------------------------------------------------- */

/*
 * Chunks that came from Redis, before an executor gets them: single requests as a chain, all others one by one.
 */

/* The chunk that an entry of the active list is, as a MESSAGE_RUN; from now on it is in flight. NULL: it is none, and
 * was dropped. */
struct message *chunk_read(struct pool_state *pool, int queue, const redisReply *item);

/* Looks at the operations of the chain `first`, then calls `looked` once, perhaps before it returns. What nothing would
 * come of is a MESSAGE_DONE then. */
typedef void chain_looked_fn(struct message *first, void *context);
void chain_look(struct pool_state *pool, struct message *first, chain_looked_fn *looked, void *context);

/* The chunk leaves Redis: it is done, or (given back, split) others take its place in the queue. Both take the message;
 * the chunk is in flight no more. */
void chunk_finish(struct pool_state *pool, struct message *message);
void chunk_give_back(struct pool_state *pool, struct message *message);

#endif
