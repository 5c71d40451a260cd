/*
 * The supervisor: forks the worker's processes, starts others in place of those that die, and recovers what a dead one
 * held: its chunks go back to their queues at once (or to the suspects, if a fatal signal ended it), its leases are
 * given up. It has no threads and runs no jobs.
 */
#ifndef REPRISE_WORKER_SUPERVISOR_H
#define REPRISE_WORKER_SUPERVISOR_H

#include "worker/process_state.h"

/* `plan` is the pattern of every process; each gets a worker id of its own. The exit code of the program. */
int supervisor_run(struct process_state *plan);

#endif
