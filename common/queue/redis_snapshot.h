/*
 * A snapshot of Redis, the one reading of what stands there: for each operation what its hash says and how many of its
 * chunks stand in any list, the lists themselves, and which operations wait in a delayed set. All of it is read in one
 * script (lua/inspect.lua), so that a chunk on its way from one list to the next is counted once. Bounded by operations
 * x window (I9), or by what the caller asks for.
 */
#ifndef REPRISE_QUEUE_REDIS_SNAPSHOT_H
#define REPRISE_QUEUE_REDIS_SNAPSHOT_H

#include <stdbool.h>
#include <uthash.h>

#include "common/queue/dispatch.h"
#include "common/queue/names.h"

/* What is to be read. */
struct redis_snapshot_spec {
    const char *const *ids; /* operations whose hashes are read */
    size_t id_count;
    const char *const *workers; /* whose lists are read; NULL = of all that `workers` names */
    size_t worker_count;
    bool whole;          /* the operations in `ops` as well; a hash of another type fails then, else it is absent */
    bool with_inbox;     /* the lists of the inbox, too */
    bool with_executors; /* what workers say of their executors */
    int64_t entries_max; /* of each list and set; what is behind them is only counted. 0 = none */
};
#define REDIS_SNAPSHOT_ALL_ENTRIES (INT64_C(1) << 40)

enum snapshot_kind {
    SNAPSHOT_QUEUE,
    SNAPSHOT_SUSPECTS,
    SNAPSHOT_ACTIVE,
    SNAPSHOT_INBOX,
    SNAPSHOT_INBOX_ACTIVE,
    SNAPSHOT_REJECTED
};

struct snapshot_list {
    enum snapshot_kind kind;
    int queue;
    const char *worker; /* of an active list, else NULL */
    int64_t length;
    const redisReply *entries; /* an array */
    char *unreadable;          /* of a list of chunks: why its first entry that is no chunk is none; NULL = all are */
};

struct snapshot_operation {
    char operation_id[ID_MAX];
    bool present, in_ops; /* its hash is there; it stands in `ops` (where the whole is read) */
    bool spoilt;          /* what it says no program of ours writes: no numbers, or such as cannot be */
    bool cancelled;
    int64_t ttl_s;
    int64_t generation, timeline, version, chunk, window, out, dues, next_seq, last_seq;
    int64_t total, completed, succeeded, failed, skipped, cancelled_jobs;
    char state[16];
    bool delayed;       /* waits in a delayed set … */
    int64_t delayed_ms; /* … for so long, by Redis' clock; negative = its time has come */
    /* Chunks in queues, active and suspect lists: of the hash's generation, by class; and of others. */
    int64_t window_chunks, due_chunks, other_chunks, old_chunks;
    UT_hash_handle hh;
};

struct redis_snapshot {
    redisReply *names, *reply; /* what everything here points into */
    int64_t now_ms;            /* Redis' clock */
    const redisReply *beats;   /* of workers: id, ms, id, ms, … */
    struct snapshot_list *lists;
    size_t list_count;
    struct {
        int64_t length;
        const redisReply *entries; /* id, ms, id, ms, … */
    } delayed[QUEUE_COUNT];
    struct snapshot_operation *operations;
    int64_t alive;                  /* workers with a recent beat */
    bool cut;                       /* a list had more entries than were to be read */
    int64_t executors[QUEUE_COUNT]; /* of live workers */
    char (*died)[ID_MAX];           /* workers whose chunks are suspects, in a list or in hand; some more than once */
    size_t died_count;
};

/* On success redis_snapshot_drop is owed. ERR_PERMANENT: a key is of another type, or may not be read. */
MUST_CHECK enum err redis_snapshot_take(const struct dispatch *dispatch, const struct redis_snapshot_spec *spec,
                                        struct redis_snapshot **snapshot, struct err_info *error);
void redis_snapshot_drop(struct redis_snapshot *snapshot);
struct snapshot_operation *redis_snapshot_find(const struct redis_snapshot *snapshot, const char *operation_id);
/* Whether chunks that this worker held when it died are suspects. */
bool redis_snapshot_suspects_of(const struct redis_snapshot *snapshot, const char *worker);
/* Ms since a worker's last beat; INT64_MAX of one that is not known. */
int64_t redis_snapshot_silence_ms(const struct redis_snapshot *snapshot, const char *worker);

#endif
