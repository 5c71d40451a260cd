/* Operations, and what became of their jobs. */
#ifndef REPRISE_QUERY_OPERATIONS_H
#define REPRISE_QUERY_OPERATIONS_H

#include "common/query/query_result.h"

/* {operations, next}, the newest first. Filter: state. */
query_fn operations_list;

/* All of operation_id: state, counts, `phase` of `phases` and the `phase_list` with what each is, rate and time left.
 * The counts are those of the tally, which are exact; `retrying` is counted up to 1000. ERR_NOT_FOUND. */
query_fn operations_one;

#endif
