/*
 * What operations of the workflow history answer once they have ended, from their outcomes. Asked with `operation_id`,
 * whose existence the caller has made sure of; before its end the numbers are those so far.
 */
#ifndef REPRISE_QUERY_HISTORY_RESULTS_H
#define REPRISE_QUERY_HISTORY_RESULTS_H

#include "common/query/query_result.h"

/* {operation_id, scanned, enriched, inserted, updated, unchanged, failed, duration_seconds, phases} */
query_fn history_results_sync;
/* Of a dry run: {operation_id, dry_run, scanned, inserted, updated, unchanged, failed, skipped, missing (null: a
 * directory was named), first_inserted [id], first_updated [{adw_id, old_cost, new_cost}], first_failed [{adw_id,
 * error}], first_missing [id], phases [{id, label, jobs, or_more}], duration_seconds}: at most five of each. */
query_fn history_results_sync_preview;
/* {operation_id, total_processed, successful, failed, updated, changed, old_total, new_total, change, dry_run,
 *  largest: the ten largest changes, workflows, next}; `workflows` in pages: limit, cursor. */
query_fn history_results_recosts;
/* {success, workflow_id, updated, message} */
query_fn history_results_recost;

#endif
