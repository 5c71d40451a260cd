/*
 * One worker process: a loop thread, executors, a service thread. The supervisor forks it; it returns when it was
 * drained.
 */
#ifndef REPRISE_WORKER_PROCESS_H
#define REPRISE_WORKER_PROCESS_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "common/base/config_live.h"
#include "common/base/crypto.h"
#include "common/base/ids.h"
#include "common/queue/names.h"
#include "common/store/redis.h"
#include "worker/process_state.h"

struct loads;
struct versions;

/* What all threads of a process share, all of it set before they start and never changed, but for `stopping`,
 * `trouble` and what stands behind `settings`, `versions` and `loads`, which guard themselves. */
struct process {
    struct config_live *settings; /* see process_config */
    const struct redis_address *redis;
    const struct crypto_keys *keys;
    struct versions *versions;  /* of definitions */
    struct loads *loads;        /* of due retries */
    char worker[ID_MAX];        /* new at each start */
    int executors[QUEUE_COUNT]; /* how many threads for each queue */
    bool suspects;          /* takes from the suspect lists only, one chunk at a time, and ends when they are empty */
    struct trouble trouble; /* what it waits for; guards itself */
    atomic_bool stopping;   /* drain: nothing new begins, long jobs stop at their next checkpoint */
};

/* The settings as they are now. They may be others at the next call (SIGHUP), but what was returned stays as it is. */
static inline const struct config *process_config(const struct process *process)
{
    return config_now(process->settings);
}

/* A SIGHUP to a process re-reads its settings and the definitions; this signal its settings alone. The supervisor sends
 * the first to one of its children and the second to all. */
#define PROCESS_SETTINGS_SIGNAL SIGUSR1

/* Runs to the end; the exit code of the process. */
int process_run(struct process *process);

#endif
