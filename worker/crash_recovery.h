/*
 * What a process that has died leaves, and what is done about it: by the supervisor, which saw it die. Each step is
 * tried again until the stores have taken it; if they never do, the heartbeat's absence leads to the same, later.
 */
#ifndef REPRISE_WORKER_AFTERMATH_H
#define REPRISE_WORKER_AFTERMATH_H

#include <stdbool.h>

#include "worker/process.h"

struct aftermath;
struct aftermath *aftermath_new(const struct process *plan);
void aftermath_drop(struct aftermath *aftermath);

enum death {
    DEATH_CLEAN,  /* ended by itself: nothing should be left */
    DEATH_KILLED, /* SIGKILL and the like: counts nothing */
    DEATH_FATAL,  /* SEGV, BUS, ABRT, ILL, FPE: what it held is suspect */
};
/* Remembers that `worker` died. `alone`: it ran suspects, one at a time, so its job is the one that killed it. */
enum company { COMPANY_MANY, COMPANY_ALONE };
void aftermath_add(struct aftermath *aftermath, const char *worker, enum death death, enum company company);
/* Does what is due now; blocks for some seconds at most. Returns the ms until something is due again; −1 = nothing
 * waits. */
int64_t aftermath_work(struct aftermath *aftermath);
/* True if some suspect list is not empty (false as well where Redis does not answer). */
bool aftermath_has_suspects(struct aftermath *aftermath);

#endif
