/*
 * The heartbeat of a worker process: its sign of life in Redis, and how it learns from the reply what is due and which
 * workers are dead.
 */
#ifndef REPRISE_WORKER_HEARTBEAT_H
#define REPRISE_WORKER_HEARTBEAT_H

#include "worker/pool_state.h"

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

#endif
