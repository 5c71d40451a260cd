/*
 * A queue consumer: one queue, and this process's executors for it. Chunks are taken while an executor is free, looked
 * at, handed out, finished or given back. On the loop thread; it never blocks.
 *
 * One executor more than the settings say is kept for a person's single requests, so that these begin while bulk work
 * has all others.
 */
#ifndef REPRISE_WORKER_QUEUE_CONSUMER_H
#define REPRISE_WORKER_QUEUE_CONSUMER_H

#include "worker/executor.h"
#include "worker/pool_state.h"

struct queue_consumer {
    struct pool_state *pool;
    int queue;
    struct redis_async *blocking; /* the connection that may block on the queue */
    struct executor **executors;  /* owned; NULL where the process has none for this queue */
    int executor_count, ended;    /* ended: whose threads are about to end */
    struct executor **free;       /* those that can take a chunk */
    int free_count;
    struct executor *kept; /* for single requests alone; NULL in the quarantine process */
    bool kept_free, asking_for_single;
    ev_timer single_timer;
    int looking;  /* chains of chunks whose operations are being looked at: each has an executor promised */
    bool taking;  /* a take is under way */
    bool waiting; /* a BLMOVE is under way: it has an executor promised, too */
    int idle_rounds;
    int64_t single_us;     /* what the handler of a single request took lately; 0 = not known yet */
    int64_t taken_at_once; /* of single requests, by the take that is under way */
};

/* Starts the executors and the connection, where the process has executors for the queue. `pool` is borrowed. */
void queue_consumer_init(struct queue_consumer *consumer, struct pool_state *pool, int queue);
/* Tells the executors to end; each answers with its MESSAGE_ENDED. */
void queue_consumer_stop(struct queue_consumer *consumer);
/* Waits for the executors' threads, which have all ended or are about to. */
void queue_consumer_join(struct queue_consumer *consumer);
void queue_consumer_fini(struct queue_consumer *consumer);
/* Takes chunks for the executors that are free. */
void queue_consumer_feed(struct queue_consumer *consumer);
/* A message of one of its executors, which it takes over. */
void queue_consumer_on_message(struct queue_consumer *consumer, struct message *message);
/* Whether a take or a wait is under way, which may still bring a chunk. */
bool queue_consumer_may_receive(const struct queue_consumer *consumer);

#endif
