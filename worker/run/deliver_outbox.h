/*
 * The outbox of one attempt: parcels go in one by one, in the order of delivery, and come out as requests, several in
 * flight, and as checkpoints, which run at the same time as the requests. A parcel passes from list to list:
 *
 *   filling → announcing → announced → in flight → answered → recording → gone
 *
 *  1. Nothing is sent that a committed checkpoint did not announce.
 *  2. Before each request the lease was touched less than LEASE_FRESH_MS ago.
 *  3. A checkpoint records all that was answered and announces all that is filled in; it comes after 256 parcels or 100
 * ms.
 *  4. No more than two batches are announced and not recorded: that bounds what a death makes us send again.
 *  5. The first failure ends it: nothing more is sent, what is in flight is waited for (a request given up may still
 * arrive, and must not overtake the next attempt's) and recorded. Only where the lease is another's already nothing is
 * waited for.
 */
#ifndef REPRISE_WORKER_RUN_DELIVER_OUTBOX_H
#define REPRISE_WORKER_RUN_DELIVER_OUTBOX_H

#include "worker/run/deliver_parcel.h"

struct outbox *outbox_new(struct deliver *deliver);
/* What is in flight must have been waited for (outbox_give_up), or is cancelled. Takes NULL. */
void outbox_drop(struct outbox *outbox);

/* Takes the parcel, on failure too. May send and wait. All of these return the first failure, again and again. */
MUST_CHECK enum err outbox_put(struct outbox *outbox, struct parcel *parcel, struct err_info *error);
/* Moves on what can be moved without waiting. */
MUST_CHECK enum err outbox_drive(struct outbox *outbox, struct err_info *error);
/* Waits until the connection to PostgreSQL is free for other use. */
MUST_CHECK enum err outbox_free_connection(struct outbox *outbox, struct err_info *error);
/* Waits until all is answered (the end of a group) … */
MUST_CHECK enum err outbox_flush(struct outbox *outbox, struct err_info *error);
/* … and recorded (the end of the job). */
MUST_CHECK enum err outbox_finish(struct outbox *outbox, struct err_info *error);
/* After a failure, `*error`: rule 5. If the outbox has a first failure of its own, `*error` becomes that: whatever else
 * failed did so because of it. What goes wrong here is not told. */
void outbox_give_up(struct outbox *outbox, struct err_info *error);

#endif
