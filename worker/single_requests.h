/*
 * Single requests that are run together: an executor gets as many of them as it runs in a short turn, and settles those
 * of short kinds (struct runner, `together`) in one transaction.
 */
#ifndef REPRISE_WORKER_SINGLE_REQUESTS_H
#define REPRISE_WORKER_SINGLE_REQUESTS_H

#include "worker/executor_state.h"
#include "worker/message.h"

/* What a kind that is run by itself counts as taking, so that the next ones come one by one. */
#define SINGLE_ALONE_US 1000000

/* Runs what it can of the chain `first` (at most SINGLES_MAX, may be one), for a short turn, and makes it a
 * MESSAGE_DONE or MESSAGE_GIVE_BACK, with the time that its handler took. What is a MESSAGE_RUN still is to be run by
 * itself. */
void single_requests_run(struct executor_state *executor, struct message *first);

#endif
