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

#include "common/base/config_live.h"
#include "common/base/crypto.h"
#include "common/base/ids.h"
#include "common/queue/names.h"
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

#endif
