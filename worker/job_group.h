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
#include "worker/run.h"

/* How many jobs from `first` on form a group: those of the same kind; an exclusive job, and one that may end its
 * process, alone. */
size_t job_group_size(const struct load *load, size_t first);
/* Runs them to their settle, and notes in `message` what became of the operation. False: not recorded; the chunk goes
 * back. */
bool job_group_run(struct executor_state *executor, const struct known_operation *known, struct job *jobs, size_t count,
                   struct message *message);

/* The same in steps, for single jobs of many operations, which are settled together (common/queue/singles.h). */
struct job_group {
    struct run run;
    const struct runner *runner; /* NULL: this program does not know the kind */
    struct lease lease;
    int64_t started_ms; /* clock_mono_ms */
};
/* Claims and runs the handler; job_group_end is owed. `group` must stay where it is; `known` and `jobs` are borrowed.
 */
void job_group_begin(struct job_group *group, struct executor_state *executor, const struct known_operation *known,
                     struct job *jobs, size_t count);
/* Settles by itself what the handler said, as job_group_run. */
bool job_group_settle(struct job_group *group, struct message *message);
/* Or: what is to be settled, and then, once it is, `tally` as of that commit. */
struct settle_request job_group_request(const struct job_group *group);
void job_group_note_settled(const struct job_group *group, const struct tally *tally);
void job_group_end(struct job_group *group);

#endif
