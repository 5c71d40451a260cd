/*
 * The index of all runs that a pass of similarity asks, kept by an executor for as long as it works on the same
 * operation. It is read from PostgreSQL once; what changes meanwhile is the next sync's.
 */
#ifndef REPRISE_WORKER_RUN_SIMILAR_INDEX_H
#define REPRISE_WORKER_RUN_SIMILAR_INDEX_H

#include "common/history/similarity.h"
#include "worker/run.h"

struct similar_index;
/* Made and filled where `*kept` (the run's tools) is not of this operation yet. ERR_INTERRUPTED: the run is to stop. */
MUST_CHECK enum err similar_index_ready(struct run *run, struct similarity_reader **reader, struct err_info *error);
/* Whether the run changed since the last pass, so that it may enter the lists of others. */
bool similar_index_is_changed(const void *kept, int64_t id);
void similar_index_drop(void *index);

#endif
