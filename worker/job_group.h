/*
 * A job group: jobs of one kind out of a chunk, which are claimed, run by their handler and settled together. This is
 * the one place where a handler is called and a settle is made.
 */
#ifndef REPRISE_WORKER_JOB_GROUP_H
#define REPRISE_WORKER_JOB_GROUP_H

#include "common/definitions/definition.h"
#include "common/definitions/definition_registry.h"
#include "common/queue/job.h"
#include "common/queue/operation.h"
#include "worker/process_state.h"
#include "worker/run.h"

/*
 * What an executor remembers of operations from chunk to chunk: the version of the definition that each is pinned to,
 * and its arguments. None of it ever changes, so a small cache needs no invalidation. Owned by one thread.
 */

struct known_operation {
    char operation_id[ID_MAX];
    const struct definition *definition;
    struct json_object *args;
    char *requested_by;
    int chunk;
    bool dry_run;
};

/* Fills `known` from what was read of an operation. known_operation_fini is owed, after a failure too. */
MUST_CHECK enum err known_operation_fill(struct versions *versions, struct pg *pg, const struct operation *operation,
                                         struct known_operation *known, struct err_info *error);
void known_operation_fini(struct versions *versions, struct known_operation *known);

struct operation_cache;
/* `versions` is borrowed. */
struct operation_cache *operation_cache_new(struct versions *versions);
void operation_cache_drop(struct operation_cache *cache);
/* Borrowed until the next call. ERR_NOT_FOUND: PostgreSQL knows no such operation. */
MUST_CHECK enum err operation_cache_get(struct operation_cache *cache, struct pg *pg, const char *operation_id,
                                        const struct known_operation **known, struct err_info *error);

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

/* ---- single requests that are run together ----------------------------------------------------------------------- */

/*
 * Single requests that are run together: an executor gets as many of them as it runs in a short turn, and settles those
 * of short kinds (struct runner, `together`) in one transaction.
 */

/* What a kind that is run by itself counts as taking, so that the next ones come one by one. */
#define SINGLE_ALONE_US 1000000

/* Runs what it can of the chain `first` (at most SINGLES_MAX, may be one), for a short turn, and makes it a
 * MESSAGE_DONE or MESSAGE_GIVE_BACK, with the time that its handler took. What is a MESSAGE_RUN still is to be run by
 * itself. */
void single_requests_run(struct executor_state *executor, struct message *first);

#endif
