/*
 * Fetching: the repository's clone is brought up to date and opened. A failure counts against the repository; the one
 * that opens its circuit tells every app that watches it.
 */
#ifndef REPRISE_WORKER_RUN_DELIVER_FETCH_H
#define REPRISE_WORKER_RUN_DELIVER_FETCH_H

#include "worker/run/deliver.h"

/* How long the job must wait for the repository's circuit to close; 0 = not at all. What an administrator asked for
 * does not wait; whoever names himself is one, other than the schedule. */
int64_t deliver_circuit_wait_ms(const struct deliver *deliver);

/* Sets `fetched` and `clone`. */
MUST_CHECK enum err deliver_fetch(struct deliver *deliver, struct err_info *error);
/* Once a fetch has succeeded: its success and its snapshot, as a part of the next transaction. */
void deliver_note_fetch(struct pg_batch *batch, const struct deliver_link *link, const struct git_fetched *fetched);

#endif
