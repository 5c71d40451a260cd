/*
 * Single requests that are run together: one job each, each of another operation, loaded by one message and settled by
 * one transaction. The same fences as load_chunk and settle, for many operations: what cannot be done for
 * all at once is done by those, one by one.
 */
#ifndef REPRISE_QUEUE_SINGLES_H
#define REPRISE_QUEUE_SINGLES_H

#include "common/queue/job.h"
#include "common/queue/operation.h"

#define SINGLES_MAX 128 /* at a time */

struct single {
    bool loaded; /* else there is no such open job, or its operation does not run, or it waits: see load_chunk */
    struct operation
        operation; /* definition, digest, args, requested_by, dry_run and the tally; borrowed of `singles` */
    struct job job;
};
struct singles {
    struct single *list; /* in the order of the chunks */
    size_t count;
    struct pg_batch *batch;
};
/* Loads the first job of each chunk, and marks the operations as begun. On success singles_drop is owed. */
MUST_CHECK enum err singles_load(struct pg *pg, const struct chunk *const *chunks, size_t count,
                                 struct singles **singles, struct err_info *error);
void singles_drop(struct singles *singles);

struct single_settled {
    bool mine; /* false: another attempt has settled it, or it was cancelled */
    struct tally tally;
    char finished_at[40]; /* "" unless the operation has ended */
};
/* Settles `count` requests of one job each, each of another operation, all with final outcomes and without a lease, in
 * one transaction. On an error nothing was written, or (ERR_UNREACHABLE) it is not known: settling them one by one is
 * harmless then. */
MUST_CHECK enum err singles_settle(struct pg *pg, const struct settle_request *requests, size_t count,
                                   struct single_settled *settled, struct err_info *error);

#endif
