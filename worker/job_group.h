/*
 * A job group: jobs of one kind out of a chunk, which are claimed, run by their handler and settled together. This is
 * the one place where a handler is called and a settle is made.
 */
#ifndef REPRISE_WORKER_JOB_GROUP_H
#define REPRISE_WORKER_JOB_GROUP_H

#include "common/queue/job.h"
#include "worker/executor_state.h"
#include "worker/message.h"
#include "worker/operation_cache.h"

/* How many jobs from `first` on form a group: those of the same kind; an exclusive job, and one that may end its
 * process, alone. */
size_t job_group_size(const struct load *load, size_t first);
/* Runs them to their settle, and notes in `message` what became of the operation. False: not recorded; the chunk goes
 * back. */
bool job_group_run(struct executor_state *executor, const struct known_operation *known, struct job *jobs, size_t count,
                   struct message *message);

#endif
