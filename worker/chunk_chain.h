/*
 * Chunks that came from Redis, before an executor gets them: single requests as a chain, all others one by one.
 */
#ifndef REPRISE_WORKER_CHUNK_CHAIN_H
#define REPRISE_WORKER_CHUNK_CHAIN_H

#include "worker/message.h"
#include "worker/pool_state.h"

/* The chunk that an entry of the active list is, as a MESSAGE_RUN; from now on it is in flight. NULL: it is none, and
 * was dropped. */
struct message *chunk_read(struct pool_state *pool, int queue, const redisReply *item);

/* Looks at the operations of the chain `first`, then calls `looked` once, perhaps before it returns. What nothing would
 * come of is a MESSAGE_DONE then. */
typedef void chain_looked_fn(struct message *first, void *context);
void chain_look(struct pool_state *pool, struct message *first, chain_looked_fn *looked, void *context);

#endif
