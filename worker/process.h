/*
 * One worker process: it owns the pool (loop thread and executors) and the service threads, and turns signals into
 * their end or into settings and definitions that are read again. The supervisor forks it; it returns when it was
 * drained.
 */
#ifndef REPRISE_WORKER_PROCESS_H
#define REPRISE_WORKER_PROCESS_H

#include <signal.h>

#include "worker/process_state.h"

/* A SIGHUP to a process re-reads its settings and the definitions; this signal its settings alone. The supervisor sends
 * the first to one of its children and the second to all. */
#define PROCESS_SETTINGS_SIGNAL SIGUSR1

/* Runs to the end; the exit code of the process: that of ERR_CONFLICT where Redis belongs to another installation.
 * `process` is complete but for `versions` and `due_loads`. */
int process_run(struct process_state *process);

/* ---- the supervisor ---------------------------------------------------------------------------------------------- */

/*
 * The supervisor: forks the worker's processes, starts others in place of those that die, and recovers what a dead one
 * held: its chunks go back to their queues at once (or to the suspects, if a fatal signal ended it), its leases are
 * given up. It has no threads and runs no jobs.
 */

/* `plan` is the pattern of every process; each gets a worker id of its own. The exit code of the program. */
int supervisor_run(struct process_state *plan);

#endif
