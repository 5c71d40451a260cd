/*
 * Fetching: the repository's clone is brought up to date and opened. A failure counts against the repository; the one
 * that opens its circuit notifies every app that watches it, 10 s each, several at a time.
 */
#ifndef REPRISE_WORKER_RUN_DELIVER_FETCH_H
#define REPRISE_WORKER_RUN_DELIVER_FETCH_H

#include "worker/run/deliver_attempt.h"

/* How long the job must wait for the repository's circuit to close; 0 = not at all. What an administrator asked for
 * does not wait: that is every requester with a name, other than the schedule. */
int64_t deliver_circuit_wait_ms(const struct deliver_attempt *attempt);

/* Sets `fetched` and `clone`. */
MUST_CHECK enum err deliver_fetch(struct deliver_attempt *attempt, struct err_info *error);

#endif
