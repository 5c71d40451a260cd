/* One run of the history, with all that is known of it. */
#ifndef REPRISE_QUERY_WORKFLOW_H
#define REPRISE_QUERY_WORKFLOW_H

#include "common/query/query_result.h"

/* The run adw_id: every column of the table, and beside them phases [{phase, cost, duration_seconds}], models [{model,
 * cost, tokens…}], similar_runs (of similar_workflows, those that are still there, the best first) and audit_trail
 * (changes of its cost, the newest first, at most 1000). Null where nothing is known. ERR_NOT_FOUND. */
query_fn workflow_one;

#endif
