/* What pool.c (executors, connections), lane.c (chunks) and pool_beat.c (heartbeat, reaping, drain) share. */
#ifndef REPRISE_WORKER_POOL_PRIVATE_H
#define REPRISE_WORKER_POOL_PRIVATE_H

#include "common/loop/mailbox.h"
#include "common/loop/redis_async.h"
#include "worker/executor.h"
#include "worker/inflight.h"
#include "worker/pool.h"

/* One queue of this worker: its free executors, and the connection that may block on it. */
struct lane {
    struct pool *pool;
    int queue;
    struct redis_async *blocking;
    struct executor **free; /* NULL where the worker has none for this queue */
    int free_count;
    struct executor *kept; /* for a person's single requests alone; NULL in a process for suspects */
    bool kept_free, looking_for_first;
    ev_timer first_timer;
    int looking;  /* chunks whose operation is being looked at: each has an executor promised */
    bool taking;  /* a take is under way */
    bool waiting; /* a BLMOVE is under way: it has an executor promised, too */
    int idle_rounds;
};

struct pool {
    struct ev_loop *loop;
    struct process *process;
    struct service *service;
    const char *prefix;
    struct redis_args *args;  /* scratch */
    struct redis_async *wire; /* for everything that does not block */
    struct lane lanes[QUEUE_COUNT];
    struct executor **executors;
    int executor_count, ended;
    struct mailbox *mail;
    ev_async woken;
    struct held *held;
    struct strangers *strangers;
    int64_t started_us, done;

    ev_timer beat_timer, grace_timer;
    double beat_due_s;      /* by the loop's clock; 0 = not known yet */
    bool service_ended;     /* or there is none */
    bool draining, refused; /* refused: Redis has refused something since the last beat, and it was told */
    int64_t reap_offset;    /* into the list of workers without a recent beat */
};

/* A scratch list of arguments, empty. */
struct redis_args *pool_args(struct pool *pool);

/* Starts the executors of a queue, and the connection that may block on it. */
void lane_init(struct pool *pool, int queue);
void lane_fini(struct lane *lane);
/* Takes chunks for whoever is free. */
void lane_feed(struct lane *lane);
void lane_set_free(struct lane *lane, struct executor *executor);
/* The chunk leaves the active list for good, or goes back to its queue. Both take `work`. */
void lane_finish(struct lane *lane, struct work *work);
void lane_give_back(struct lane *lane, struct work *work);

void pool_start_timers(struct pool *pool);
void pool_stop_timers(struct pool *pool);
void pool_beat(struct pool *pool);
void pool_ask_due(struct lane *lane, const char *operation_id, const char *again);
/* Redis answered with an error: told once a beat. Whoever waits for something there asks again at the next beat, not at
 * once: an error comes back at once, too. */
void pool_refused(struct pool *pool, const char *what, const redisReply *reply);
void pool_ask_again(struct pool *pool);
/* Breaks the loop once all is handed over. */
void pool_check_drained(struct pool *pool);
/* A process for suspects ends when there are none. */
void pool_check_idle(struct pool *pool);

#endif
