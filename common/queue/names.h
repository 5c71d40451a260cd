/*
 * The names of everything in Redis (docs/protocol.md). All keys share one hash tag, so that all of it sits in one slot
 * of a Redis Cluster. The functions append a key to a command's arguments.
 */
#ifndef REPRISE_QUEUE_NAMES_H
#define REPRISE_QUEUE_NAMES_H

#include <stddef.h>

#include "common/store/redis.h"

/* Queues: one per resource class. An index into this table is how the programs tell them apart. */
enum { QUEUE_DELIVERY, QUEUE_HISTORY, QUEUE_COUNT };
extern const char *const queue_names[QUEUE_COUNT];
/* -1 if there is no such queue. */
int queue_index(const char *name);

/* "<prefix>:queue:delivery" and the like. */
void name_queue(struct redis_args *args, const char *prefix, int queue);
void name_active(struct redis_args *args, const char *prefix, int queue, const char *worker);
void name_delayed(struct redis_args *args, const char *prefix, int queue);
void name_suspects(struct redis_args *args, const char *prefix, int queue);
void name_operation(struct redis_args *args, const char *prefix, const char *operation_id);
void name_worker(struct redis_args *args, const char *prefix, const char *worker);
void name_inbox_active(struct redis_args *args, const char *prefix, const char *worker);
/* "<prefix>:<word>": ops, workers, installation, epoch, beats, inbox, events, "inbox:rejected", and "inbox:door". */
void name_plain(struct redis_args *args, const char *prefix, const char *word);
/* A worker that has sent no heartbeat for so long is dead (docs/protocol.md). */
#define WORKER_ALIVE_MS 5000
/* Whether a worker may have such an id. */
bool name_is_worker(const char *id);
/* The type, as Redis calls it, that a key must have whose name goes on so after "<prefix>:"; NULL = it may change. */
const char *name_type(const char *rest);
/* A pattern for SCAN that finds the keys that begin with the prefix, ":" and `beginning` ("op:", or "" for all of
 * ours). */
void name_pattern(struct redis_args *args, const char *prefix, const char *beginning);

#endif
