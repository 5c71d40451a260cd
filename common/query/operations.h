/* Operations, and what became of their jobs. */
#ifndef REPRISE_QUERY_OPERATIONS_H
#define REPRISE_QUERY_OPERATIONS_H

#include "common/query/answer.h"

/* {operations, next}, the newest first. Filter: state. */
answer_question operations_list;

#endif
