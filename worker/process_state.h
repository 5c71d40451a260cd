/*
 * What all threads of one worker process share. Everything is set before the threads start and never changes, except
 * `stopping`, `refused`, the health note, and what stands behind `settings`, `versions` and `loads`, which have locks
 * of their own.
 */
#ifndef REPRISE_WORKER_PROCESS_STATE_H
#define REPRISE_WORKER_PROCESS_STATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/config.h"
#include "common/base/crypto.h"
#include "common/base/ids.h"
#include "common/queue/chunk.h"
#include "common/queue/names.h"
#include "common/queue/operation.h"
#include "common/store/pg.h"
#include "common/store/redis.h"

struct due_loads;
struct versions;

/* What keeps the process from its work, in words. Each thread that waits notes its reason at each try; the heartbeat
 * reports the note while it is young. */
#define HEALTH_NOTE_MAX 256
struct health_note {
    pthread_mutex_t lock;
    int64_t until_ms; /* clock_mono_ms: how long it is reported; 0 = nothing was noted */
    char text[HEALTH_NOTE_MAX];
};
#define HEALTH_NOTE_INIT                                                                                               \
    {                                                                                                                  \
        .lock = PTHREAD_MUTEX_INITIALIZER                                                                              \
    }

struct process_state {
    struct config_live *settings; /* see process_config */
    const struct redis_address *redis;
    const struct crypto_keys *keys;
    struct versions *versions;   /* of definitions */
    struct due_loads *due_loads; /* which loads of due retries are in hand */
    char worker[ID_MAX];         /* new at each start */
    int executors[QUEUE_COUNT];  /* how many threads for each queue */
    bool quarantine; /* takes chunks from the suspect lists only, one at a time, and ends when the lists are empty */
    struct health_note health;
    atomic_bool stopping; /* drain: nothing new begins, long jobs stop at their next checkpoint */
    atomic_bool refused;  /* Redis belongs to another installation: the whole worker ends, with that exit code */
};

/* The settings as they are now. The next call may return others (SIGHUP), but what was returned stays as it is. */
static inline const struct config *process_config(const struct process_state *process)
{
    return config_now(process->settings);
}

static inline bool process_is_stopping(const struct process_state *process)
{
    return atomic_load_explicit(&process->stopping, memory_order_relaxed);
}

/* Notes the reason of a wait, from any thread. The first form is for a wait that tries again within two seconds. */
void health_note_add(struct health_note *health, const char *text);
void health_note_add_for(struct health_note *health, const char *text, int64_t for_ms);
/* "" where nothing was noted lately. */
void health_note_read(struct health_note *health, char out[HEALTH_NOTE_MAX]);

/* ---- settings of a worker: pure ---------------------------------------------------------------------------------- */

#define EXECUTORS_MAX 256

/* "delivery=8,history=2": queues not named get none; at least one executor in all. ERR_USAGE says what is wrong. */
MUST_CHECK enum err executors_parse(const char *text, int executors[QUEUE_COUNT], struct err_info *error);
/* What a worker asks of its settings beyond their own rules; a config_check_fn. ERR_USAGE names the setting. */
MUST_CHECK enum err worker_settings_check(const struct config *config, struct err_info *error);

/* ---- messages between the threads -------------------------------------------------------------------------------- */

/*
 * A message between the loop thread and an executor or a service thread. A message that carries a chunk goes to
 * an executor (MESSAGE_RUN) and the same struct comes back with what became of the chunk. The thread that has it in
 * hand owns it; mailbox_put passes it on.
 */

struct executor;

enum message_kind {
    MESSAGE_RUN,           /* loop → executor: run this chunk, and those behind it (`next`) */
    MESSAGE_STOP,          /* loop → executor: end the thread */
    MESSAGE_READY,         /* executor → loop: connected to PostgreSQL, can take a chunk */
    MESSAGE_MORE_DUE,      /* executor → loop, in mid-run: more retries of this operation are due now */
    MESSAGE_DONE,          /* executor → loop: finished with the chunk; it leaves the active list */
    MESSAGE_GIVE_BACK,     /* executor → loop: not done (drained, or PostgreSQL is away): back to its queue */
    MESSAGE_SPLIT,         /* executor → loop: a suspect of many jobs: `pieces` take its place */
    MESSAGE_ENDED,         /* executor → loop: its thread is about to end */
    MESSAGE_INBOX_EMPTY,   /* inbox service → loop: no request is left; it is to be woken by the next */
    MESSAGE_SERVICE_ENDED, /* service → loop: its thread is about to end */
};

struct message {
    enum message_kind kind;
    int queue;
    struct executor *executor; /* the one that has it, or sent it */
    struct chunk chunk;
    struct message *next; /* with MESSAGE_RUN: single requests that are run together go as one */

    /* With MESSAGE_DONE: */
    bool settled; /* `tally` is as of the last commit */
    struct tally tally;
    char finished_at[40]; /* if the operation has ended, else "" */
    int64_t next_open;    /* see struct load */
    int64_t due_ms;       /* −1 = nothing waits */
    int64_t retries;      /* change of the number that waits */
    int64_t took_us;      /* of a single request: what its handler took; 0 = not known */

    /* With MESSAGE_SPLIT: texts of chunks, owned. */
    char **pieces;
    size_t piece_count;
};

/* `chunk` is copied; NULL = none. */
struct message *message_new(enum message_kind kind, struct executor *executor, const struct chunk *chunk);
void message_drop(struct message *message);

/* ---- what an executor keeps, and how it stays connected ---------------------------------------------------------- */

/*
 * What an executor's thread keeps from chunk to chunk, and how it stays connected: the part of an executor that a run
 * and a job group work with. Owned by one thread; `process` is shared.
 */

struct executor_state {
    struct process_state *process; /* borrowed */
    struct pg *pg;
    void **tools; /* one for each runner; see struct runner */

    struct pg_batch *checkpoint; /* of the run in hand; NULL until the first */
    int64_t checkpoint_sent_ms;  /* clock_boot_ms */
    bool checkpoint_under_way;   /* started, its answer not yet read */
};

/* Sleeps; false as soon as the process is to stop. */
bool executor_pause(const struct executor_state *state, int64_t ms);
/* Waits for the next try, longer from try to try, and notes `why` for the heartbeat from the third on; false if the
 * process is to stop. */
bool executor_wait(struct executor_state *state, int tries, const struct err_info *why);
/* Makes a connection outside a transaction, trying again with back-off; false once the process is to stop. */
bool executor_connect(struct executor_state *state);
/* Whether repeating it later may help. */
bool executor_may_repeat(enum err err);

#endif
