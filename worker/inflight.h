/*
 * The chunks that this process holds: from the moment a take or BLMOVE told of them until Redis has acknowledged that
 * they left the active list. The heartbeat names them; what stands in the active list beyond them goes back to its
 * queue (I6).
 */
#ifndef REPRISE_WORKER_HELD_H
#define REPRISE_WORKER_HELD_H

#include "common/queue/names.h"
#include "common/store/redis.h"

struct held; /* a list */
struct held *held_new(void);
void held_drop(struct held *held);
void held_add(struct held *held, int queue, const char *text);
void held_remove(struct held *held, int queue, const char *text);
size_t held_count(const struct held *held, int queue);
/* Appends count and texts, as beat.lua wants them. */
void held_args(const struct held *held, int queue, struct redis_args *args);

/* Entries that Redis listed and we did not know, remembered from one beat to the next: `unknown` is the reply of this
 * beat. Appends to `args` those that were unknown in the beat before as well, with their count. */
struct strangers;
struct strangers *strangers_new(void);
void strangers_drop(struct strangers *strangers);
void strangers_note(struct strangers *strangers, int queue, const redisReply *unknown);
void strangers_args(const struct strangers *strangers, int queue, struct redis_args *args);

#endif
