/*
 * From PostgreSQL to Redis: what a program does after its commit. Everything here is a hint: a program that dies before
 * it is followed by the sweep, and Redis being down only delays.
 */
#ifndef REPRISE_QUEUE_DISPATCH_H
#define REPRISE_QUEUE_DISPATCH_H

#include "common/queue/operation.h"
#include "common/queue/plan.h"
#include "common/store/redis.h"

/* Where Redis is and what everything there begins with. */
struct dispatch {
    struct redis *redis;
    const char *prefix;
};

#define DISPATCH_KEEP_S (24 * 60 * 60) /* a hash lives on so long after the end */

/* Opens the operation's current generation from its lowest open job; reads PostgreSQL for that. */
MUST_CHECK enum err dispatch_open(const struct dispatch *dispatch, struct pg *pg, const char *operation_id,
                                  struct err_info *error);
/* Opens operations that were made and planned just now: nothing is read for that. Of each the tally, definition,
 * subject, phases, queue, chunk, window, single and created_at must be set. All in one message. */
MUST_CHECK enum err dispatch_open_new(const struct dispatch *dispatch, const struct operation *const *operations,
                                      size_t count, struct err_info *error);
/* What a mirror may carry beside the tally. */
struct mirror {
    int queue;
    int64_t window;          /* 0 = leave */
    int64_t retrying;        /* −1 = leave */
    int64_t due_ms;          /* retries are due in so many ms, and nothing in Redis says so soon enough; −1 = leave */
    const char *finished_at; /* NULL = none */
};
MUST_CHECK enum err dispatch_mirror(const struct dispatch *dispatch, const struct tally *tally,
                                    const struct mirror *mirror, struct err_info *error);
/* Mirrors an operation as PostgreSQL has it now: after cancel, pause, or its end. */
MUST_CHECK enum err dispatch_refresh(const struct dispatch *dispatch, struct pg *pg, const char *operation_id,
                                     struct err_info *error);
/* How many workers have shown a sign of life lately. */
MUST_CHECK enum err dispatch_live_workers(const struct dispatch *dispatch, int64_t *count, struct err_info *error);

/* A walk over our keys whose names begin with the prefix, ":" and `beginning` ("" = all). */
struct key_walk {
    const char *beginning;
    int64_t at_once; /* of all keys that Redis has, some so many are passed in a step */
    uint64_t cursor; /* 0 at the begin and, when all have been passed, again */
};
/* One step; `*keys` is the caller's, its second item the names. ERR_PERMANENT where SCAN is forbidden. */
MUST_CHECK enum err dispatch_walk(const struct dispatch *dispatch, struct key_walk *walk, redisReply **keys,
                                  struct err_info *error);

#define DISPATCH_POLICY_MAX 32
/* Redis' maxmemory-policy; anything but noeviction may evict a queue. ERR_PERMANENT where CONFIG is forbidden. */
MUST_CHECK enum err dispatch_policy(const struct dispatch *dispatch, char policy[DISPATCH_POLICY_MAX],
                                    struct err_info *error);

/* ---- an operation that was accepted ------------------------------------------------------------------------------ */

/*
 * What follows once an operation has been accepted: its first jobs are planned and it is opened in Redis, so that it
 * begins sooner than the sweep would see to it. PostgreSQL has it: whatever fails here only delays, and the caller
 * says so and goes on.
 */

/* One step of the plan, and on to the next phase over an empty one. `*status`: PLAN_MORE, it is not done yet;
 * PLAN_ELSEWHERE, look again in a moment; PLAN_DONE. `*tally` as of after it. */
MUST_CHECK enum err operation_start_plan(struct pg *pg, const struct kind_table *kinds, const char *operation_id,
                                         struct tally *tally, enum plan_status *status, struct err_info *error);

/* Opens it in Redis. `*live_workers`: how many there are that could run it. */
MUST_CHECK enum err operation_start_open(const struct dispatch *dispatch, struct pg *pg, const char *operation_id,
                                         int64_t *live_workers, struct err_info *error);

/* A request that joined a waiting operation: that one goes to the head of its queue. `*waits` is false where it does
 * not wait any more: then nothing is done. */
MUST_CHECK enum err operation_start_join(const struct dispatch *dispatch, struct pg *pg, const char *operation_id,
                                         bool *waits, int64_t *live_workers, struct err_info *error);

#endif
