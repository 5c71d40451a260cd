/*
 * How an attempt ends: the outcome of its job, and what is written on the link in the transaction that makes it true.
 */
#ifndef REPRISE_WORKER_RUN_DELIVER_OUTCOME_H
#define REPRISE_WORKER_RUN_DELIVER_OUTCOME_H

#include "worker/run/deliver_attempt.h"

/* The app now holds the tree that was fetched. ERR_OK unless what that is cannot be read. */
MUST_CHECK enum err deliver_succeed(struct deliver_attempt *attempt, struct err_info *error);
/* Ended without that: skipped, put off, left open, tried again or failed. */
void deliver_end(struct deliver_attempt *attempt, const struct err_info *error);

#endif
