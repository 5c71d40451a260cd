/* What became of the jobs of an operation. */
#ifndef REPRISE_QUERY_OUTCOMES_H
#define REPRISE_QUERY_OUTCOMES_H

#include "common/query/answer.h"

/* {outcomes, next} of operation_id, in the jobs' order. Filter: outcome. An operation that is not there has none. */
answer_question outcomes_list;

#endif
