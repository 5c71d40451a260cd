/*
 * What the runs of a chunk that changed enter: lists of other runs, which keep the best five of what they hold and
 * what enters.
 */
#ifndef REPRISE_WORKER_RUN_SIMILAR_ENTRIES_H
#define REPRISE_WORKER_RUN_SIMILAR_ENTRIES_H

#include "common/history/similarity.h"
#include "common/store/pg.h"

struct similar_entry {
    size_t job;        /* whose run enters */
    int64_t id, other; /* it, and whose list */
    double score;
};

struct similar_entries {
    struct similar_entry *list; /* by rising job */
    size_t count, cap;
};

/* The run `id` of job `job` enters the lists of `entered`. */
void similar_entries_add(struct similar_entries *entries, size_t job, int64_t id,
                         const struct similarity_match *entered, size_t count);
void similar_entries_fini(struct similar_entries *entries);

/* The others whose lists the jobs `mine` (rising) enter, some perhaps more than once; room for all entries. */
size_t similar_entries_ids(const struct similar_entries *entries, const size_t *mine, size_t count, int64_t *ids);
/* Adds the statement that enters them, if there are any. */
void similar_entries_write(const struct similar_entries *entries, const size_t *mine, size_t count,
                           struct pg_batch *batch);

#endif
