/*
 * The supervisor: forks the worker's processes, restarts what dies, and looks after what a dead one leaves: its chunks
 * go back to their queues at once (or to the suspects, if a fatal signal ended it), its leases are given up. It has no
 * threads and runs no jobs.
 */
#ifndef REPRISE_WORKER_SUPERVISOR_H
#define REPRISE_WORKER_SUPERVISOR_H

#include "worker/process.h"

/* `plan` is the pattern of every process; its worker id is made anew for each. The exit code of the program. */
int supervisor_run(struct process *plan);

#endif
