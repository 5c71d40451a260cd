/*
 * What this process has in hand, and reports with each heartbeat so that everything else can be put back: its chunks,
 * the entries in its active lists that it does not know, and its loads of due retries.
 */
#ifndef REPRISE_WORKER_INFLIGHT_H
#define REPRISE_WORKER_INFLIGHT_H

#include <stdint.h>

#include "common/base/buf.h"
#include "common/queue/names.h"
#include "common/store/redis.h"

/* ---- chunks: for the loop thread alone --------------------------------------------------------------------------- */

/* The chunks that this process holds: from the moment a take or BLMOVE brought one until the script that takes it out
 * of the active list is sent. What stands in the active list beyond them goes back to its queue (I6). */
struct inflight;
struct inflight *inflight_new(void);
void inflight_drop(struct inflight *inflight);
void inflight_add(struct inflight *inflight, int queue, const char *text);
void inflight_remove(struct inflight *inflight, int queue, const char *text);
/* How many, of all queues. */
size_t inflight_total(const struct inflight *inflight);
/* Appends count and texts, as beat.lua wants them. */
void inflight_args(const struct inflight *inflight, int queue, struct redis_args *args);

/* ---- stray entries: for the loop thread alone -------------------------------------------------------------------- */

/* Entries of the active lists that Redis listed and this process did not know, remembered from one beat to the next.
 * `unknown` is the reply of this beat; strays_args appends those that were unknown in the beat before as well, with
 * their count: an entry that was on its way to us in one beat has arrived by the next. */
struct strays;
struct strays *strays_new(void);
void strays_drop(struct strays *strays);
void strays_note(struct strays *strays, int queue, const redisReply *unknown);
void strays_args(const struct strays *strays, int queue, struct redis_args *args);

/* ---- loads of due retries: from any thread ----------------------------------------------------------------------- */

/* Each load of due retries has a number of its own. PostgreSQL keeps the number with the retries that are set aside for
 * the load, and the heartbeat says which loads are in hand: the retries of all others are due again
 * (common/queue/orphans.h). */
struct due_loads;
struct due_loads *due_loads_new(void);
void due_loads_drop(struct due_loads *loads);
/* A new number; to be called before the load is sent. */
int64_t due_loads_begin(struct due_loads *loads);
/* It is not in hand any more: all is settled or put back, or its answer was lost. */
void due_loads_end(struct due_loads *loads, int64_t number);
/* Appends {"last":12,"held":[9,12]}. */
void due_loads_write(struct due_loads *loads, struct buf *out);

#endif
