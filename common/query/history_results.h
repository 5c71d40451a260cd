/*
 * What operations of the workflow history answer once they have ended, from their outcomes. Asked with `operation_id`,
 * whose existence the caller has made sure of; before its end the numbers are those so far.
 */
#ifndef REPRISE_QUERY_HISTORY_RESULTS_H
#define REPRISE_QUERY_HISTORY_RESULTS_H

#include "common/query/answer.h"

/* {operation_id, scanned, enriched, inserted, updated, unchanged, failed, duration_seconds, phases} */
answer_question history_results_sync;
/* {operation_id, total_processed, successful, failed, updated, changed, old_total, new_total, change, dry_run,
 *  largest: the ten largest changes, workflows, next}; `workflows` in pages: limit, cursor. */
answer_question history_results_recosts;
/* {success, workflow_id, updated, message} */
answer_question history_results_recost;

#endif
