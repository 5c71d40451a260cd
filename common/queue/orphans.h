/*
 * Orphans: retries that were loaded as due and set aside for a load that no worker has in hand. Their worker is dead,
 * or it has lost the answer to the load, or gave up on its chunk. Each worker tells with its heartbeat which of its
 * loads it has in hand, so that all others know; what is an orphan for ORPHANS_MS is made due again, by the first that
 * looks (I5).
 */
#ifndef REPRISE_QUEUE_ORPHANS_H
#define REPRISE_QUEUE_ORPHANS_H

#include <json-c/json_object.h>

#include "common/queue/dispatch.h"

/* A heartbeat comes every second, and a Redis that was emptied knows none: for so long any worker may seem dead. */
#define ORPHANS_MS 2500

struct orphans;
struct orphans *orphans_new(struct pg *pg, const struct dispatch *dispatch); /* both borrowed */
void orphans_drop(struct orphans *orphans);

/* One look. To be called about every second: what is seen as an orphan in looks ORPHANS_MS apart, and in all between,
 * is due again. */
MUST_CHECK enum err orphans_look(struct orphans *orphans, struct err_info *error);

/* Whether the worker that sent this heartbeat (NULL: it sent none, it is dead) may have load `number` in hand. */
bool orphans_is_held(struct json_object *heartbeat, int64_t number);

/* Retries that have fallen due. Design, "Retries". */

#define DUE_ALL_LOADS 0
/* Retries that were set aside for a load of `worker` that no worker has in hand are due again, and each of their
 * operations gets a due chunk. `load`: which of its loads, or DUE_ALL_LOADS. Repeating it is harmless. */
MUST_CHECK enum err due_again(struct pg *pg, const struct dispatch *dispatch, const char *worker, int64_t load,
                              struct err_info *error);

#endif
