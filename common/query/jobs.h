/* Single jobs of an operation: what is being done just now, and one job with all that is stored of it. */
#ifndef REPRISE_QUERY_JOBS_H
#define REPRISE_QUERY_JOBS_H

#include "common/query/query_result.h"

/* {jobs: […]} of operation_id: the jobs that a worker holds by a lease, with `done` of `total` as the checkpoint knows
 * them, then those that wait for their next try, with the error of the last; at most `limit`. An operation that does
 * not exist has none. */
query_fn jobs_open;

/* The job `seq` of operation_id, open or settled: state, tries, error, result, checkpoint, worker, times.
 * ERR_NOT_FOUND, also for a job whose operation was pruned. */
query_fn job_one;

/* Appends the names of the kinds whose jobs take a lease each: the times and tries of all others are of their batch. */
void jobs_arg_exclusive_kinds(struct pg_args *args);

#endif
