/*
 * What this process has done since it began, counted as it happens by any of its threads, and reported with each
 * heartbeat, where the dashboard's metrics come from: a scrape costs the workers nothing. Counts of work, not of
 * effects: what a dead process had counted is gone, and what another attempt settled first is counted twice. Exact are
 * the tallies.
 */
#ifndef REPRISE_WORKER_COUNTS_H
#define REPRISE_WORKER_COUNTS_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/queue/job.h"

enum counts_time { COUNTS_CHUNK, COUNTS_SETTLE, COUNTS_TIMES };

/* The results of jobs of one kind, once they are settled. */
void counts_settled(const char *kind, const struct job_result *results, size_t count);
/* A failed try that will be repeated, by the class of its error. */
void counts_retry(enum err class);
/* A request to an app, by its status; 0 = there was no answer. */
void counts_delivery(int status);
void counts_took(enum counts_time what, int64_t us);
/* How late the loop's timer came. */
void counts_lag(int64_t us);

/* Appends all of it as a JSON object. Histograms are counts by bound, not yet summed up. */
void counts_write(struct buf *out);

#endif
