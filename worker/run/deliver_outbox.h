/*
 * The outbox of one attempt: file tasks go in one by one, in the order of delivery, and come out as requests, several
 * in flight, and as checkpoints, which run at the same time as the requests. A task passes from list to list:
 *
 *   filling → announcing → announced → in flight → answered → recording → gone
 *
 *  1. Nothing is sent that a committed checkpoint did not announce.
 *  2. Before each request the lease was touched less than LEASE_FRESH_MS ago.
 *  3. A checkpoint records all that was answered and announces all that is filled in; it comes after 256 tasks or 100
 *     ms.
 *  4. No more than two batches are announced and not recorded: that bounds what a death makes the next attempt send
 *     again.
 *  5. The first failure ends it: nothing more is sent, what is in flight is waited for (a request given up may still
 *     arrive, and must not overtake the next attempt's) and recorded. Only where the lease is another's already nothing
 *     is waited for.
 */
#ifndef REPRISE_WORKER_RUN_DELIVER_OUTBOX_H
#define REPRISE_WORKER_RUN_DELIVER_OUTBOX_H

#include "worker/run/file_task.h"

struct outbox;
/* From now on the attempt's tick drives the outbox. */
struct outbox *outbox_new(struct deliver_attempt *attempt);
/* What is in flight must have been waited for (outbox_give_up), or is cancelled. */
void outbox_drop(struct outbox *outbox);

/* All of these return the first failure, again and again. */

/* Waits until the connection to PostgreSQL is free for the comparison. No checkpoint begins before the next put. */
MUST_CHECK enum err outbox_lend_connection(struct outbox *outbox, struct err_info *error);
/* Tasks of this verb follow: waits until those of another are answered. */
MUST_CHECK enum err outbox_begin_group(struct outbox *outbox, enum verb verb, struct err_info *error);
/* Takes the task, on failure too. May send and wait. */
MUST_CHECK enum err outbox_put(struct outbox *outbox, struct file_task *task, struct err_info *error);
/* Waits until all is answered and recorded: the end of the job. */
MUST_CHECK enum err outbox_finish(struct outbox *outbox, struct err_info *error);
/* After a failure, `*error`: rule 5. If the outbox has a first failure of its own, `*error` becomes that: all other
 * failures came of it. What fails here is not reported. */
void outbox_give_up(struct outbox *outbox, struct err_info *error);

#endif
