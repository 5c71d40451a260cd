/* A group: jobs of one kind out of a chunk, which are claimed, run by their handler and settled together. */
#ifndef REPRISE_WORKER_GROUP_H
#define REPRISE_WORKER_GROUP_H

#include "worker/operation_cache.h"
#include "worker/executor_state.h"
#include "worker/message.h"

/* How many jobs from `first` on are run together: those of the same kind; an exclusive one, and one that may kill,
 * alone. */
size_t group_size(const struct load *load, size_t first);
/* Runs them to their settle, which it notes in `work`. False: not recorded; the chunk goes back. */
bool group_run(struct executor *executor, const struct known_operation *known, struct job *jobs, size_t count,
               struct work *work);

#endif
