/* What became of the jobs of an operation. */
#ifndef REPRISE_QUERY_OUTCOMES_H
#define REPRISE_QUERY_OUTCOMES_H

#include "common/query/answer.h"

/* {outcomes, next} of operation_id, in the jobs' order. Filter: outcome. An operation that is not there has none. */
answer_question outcomes_list;

/* {errors: [{error, jobs, first_seq, first_job_id}, …], examined, capped}: what failed in operation_id by its text, the
 * most frequent first, at most `limit` texts, among the first OUTCOMES_EXAMINED failures; `capped` says that there may
 * be more. */
answer_question outcomes_errors;
#define OUTCOMES_EXAMINED 10000

#endif
