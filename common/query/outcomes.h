/* What became of the jobs of an operation. */
#ifndef REPRISE_QUERY_OUTCOMES_H
#define REPRISE_QUERY_OUTCOMES_H

#include "common/query/query_result.h"

/* {outcomes, next} of operation_id, in the jobs' order. Filters: outcome; form, the failed jobs whose error has this
 * form (as outcomes_errors tells them). An operation that is not there has none. */
query_fn outcomes_list;

/* {errors: [{form, error, texts, jobs, first_seq, first_job_id}, …], examined, capped}: what failed in operation_id by
 * the form of its text (form.h), the most frequent first, at most `limit` forms, among the first OUTCOMES_EXAMINED
 * failures. `error` is the first one's text, an example of `texts` different ones; `capped` says that there may be
 * more. */
query_fn outcomes_errors;
#define OUTCOMES_EXAMINED 10000

#endif
