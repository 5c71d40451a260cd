/*
 * What a worker process that has died leaves behind, and what is done about it, by the supervisor, which saw it die:
 * its chunks go back, its retries are due again, its leases are given up. Each step is tried again until the stores
 * have taken it; if they never do, the missing heartbeat leads to the same, later.
 */
#ifndef REPRISE_WORKER_CRASH_RECOVERY_H
#define REPRISE_WORKER_CRASH_RECOVERY_H

#include <stdbool.h>

#include "worker/process_state.h"

struct crash_recovery;
/* `plan` is borrowed. */
struct crash_recovery *crash_recovery_new(const struct process_state *plan);
void crash_recovery_drop(struct crash_recovery *recovery);

enum death {
    DEATH_CLEAN,  /* ended by itself: nothing should be left */
    DEATH_KILLED, /* SIGKILL and the like: counts nothing */
    DEATH_FATAL,  /* SEGV, BUS, ABRT, ILL, FPE: what it held is suspect */
};
/* Which process died: one of many, or the quarantine process, whose only job is then the one that killed it. */
enum death_place { DEATH_AMONG_MANY, DEATH_IN_QUARANTINE };
/* Remembers that `worker` died. */
void crash_recovery_add(struct crash_recovery *recovery, const char *worker, enum death death, enum death_place place);
/* Does what is due now; blocks for some seconds at most. Returns the ms until something is due again; −1 = nothing
 * waits. */
int64_t crash_recovery_work(struct crash_recovery *recovery);
/* True if there are chunks for the quarantine process (false as well where Redis does not answer). */
bool crash_recovery_has_suspects(struct crash_recovery *recovery);

#endif
