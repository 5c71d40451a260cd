/* Operations, and what became of their jobs. */
#ifndef REPRISE_QUERY_OPERATIONS_H
#define REPRISE_QUERY_OPERATIONS_H

#include "common/definitions/submission.h"
#include "common/query/query_result.h"

/* ---- operations -------------------------------------------------------------------------------------------------- */

/* Operations, and what became of their jobs. */

/* {operations, next}, the newest first. Filter: state, of which `live` is running or paused, and
 * `with-failures` are those that have ended or go on with
 * failed jobs; scheduled, true or false: only those that a schedule asked for, or none of them. */
query_fn operations_list;

/* All of operation_id: state, counts, `phase` of `phases` and the `phase_list` with what each is, rate and time left.
 * The counts are those of the tally, which are exact; `retrying` is counted up to 1000; `running_jobs`, `files_done`
 * and `files_total` are of the jobs that workers hold by a lease. ERR_NOT_FOUND. */
query_fn operations_one;

/* How long a request will take that was prepared, by what the same kind of job took lately; -1 = not known. */
MUST_CHECK enum err operations_expected_ms(struct pg *pg, const struct submission *submission, int64_t *ms,
                                           struct err_info *error);

/* ---- outcomes ---------------------------------------------------------------------------------------------------- */

/* What became of the jobs of an operation. */

/* {outcomes, next} of operation_id, in the jobs' order. Filters: outcome; form, the failed jobs whose error has this
 * form (as outcomes_errors tells them). An operation that is not there has none. */
query_fn outcomes_list;

/* {errors: [{form, error, texts, jobs, first_seq, first_job_id}, …], examined, capped}: what failed in operation_id by
 * the form of its text (error_pattern.h), the most frequent first, at most `limit` forms, among the first
 * OUTCOMES_EXAMINED failures. `error` is the first one's text, an example of `texts` different ones; `capped` says that
 * there may be more. */
query_fn outcomes_errors;
#define OUTCOMES_EXAMINED 10000

/* ---- jobs -------------------------------------------------------------------------------------------------------- */

/* Single jobs of an operation: what is being done just now, and one job with all that is stored of it. */

/* {jobs: […]} of operation_id: the jobs that a worker holds by a lease, with `done` of `total` as the checkpoint knows
 * them, then those that wait for their next try, with the error of the last; at most `limit`. An operation that does
 * not exist has none. */
query_fn jobs_open;

/* The job `seq` of operation_id, open or settled: state, tries, error, result, checkpoint, worker, times.
 * ERR_NOT_FOUND, also for a job whose operation was pruned. */
query_fn job_one;

#endif
