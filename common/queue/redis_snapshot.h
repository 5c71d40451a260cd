/*
 * A snapshot of Redis: for each operation what its hash says and how many of its chunks stand in any list, all read in
 * one script, so that a chunk on its way from one list to the next is counted once. Bounded by operations x window
 * (I9).
 */
#ifndef REPRISE_QUEUE_REDIS_SNAPSHOT_H
#define REPRISE_QUEUE_REDIS_SNAPSHOT_H

#include <stdbool.h>
#include <uthash.h>

#include "common/queue/dispatch.h"

struct redis_snapshot_entry {
    char operation_id[ID_MAX];
    bool present; /* its hash is there */
    bool spoilt;  /* what it says no program of ours writes: no numbers, or such as cannot be */
    int64_t generation, timeline, version, out, dues, next_seq, last_seq;
    bool delayed;       /* waits in a delayed set … */
    int64_t delayed_ms; /* … for so long, by Redis' clock; negative = its time has come */
    int64_t window_chunks, due_chunks, other_chunks; /* of the hash's generation, in queues, active and suspect lists */
    UT_hash_handle hh;
};

struct redis_snapshot {
    struct redis_snapshot_entry *entries;
    int64_t executors[8]; /* of live workers, by queue */
    bool suspects;        /* a suspect list is not empty */
    char (*died)[ID_MAX]; /* workers whose chunks are suspects, in a list or in hand; some of them more than once */
    size_t died_count;
};

/* Looks at the operations named (`ids`, `count`). On success redis_snapshot_drop is owed. */
MUST_CHECK enum err redis_snapshot_take(const struct dispatch *dispatch, const char *const *ids, size_t count,
                                        struct redis_snapshot **snapshot, struct err_info *error);
/* The time of a delayed set's entry. Any client may have written it: what is no time of ours never comes. */
int64_t redis_snapshot_score_ms(const redisReply *score);
void redis_snapshot_drop(struct redis_snapshot *snapshot);
/* Whether chunks that this worker held when it died are suspects. */
bool redis_snapshot_suspects_of(const struct redis_snapshot *snapshot, const char *worker);
struct redis_snapshot_entry *redis_snapshot_find(const struct redis_snapshot *snapshot, const char *operation_id);

#endif
