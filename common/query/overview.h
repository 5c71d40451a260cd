/* What there is and what was done, in sums: of the first page, of the last hours, of the history. */
#ifndef REPRISE_QUERY_OVERVIEW_H
#define REPRISE_QUERY_OVERVIEW_H

#include "common/query/query_result.h"

/* ---- the first page ---------------------------------------------------------------------------------------------- */

/* The first page: how much there is, how it is, what needs attention. */

/* {as_of, apps, repositories, failed, links {synced, failed, never_sent, scanning, pending_snapshot},
 * running_operations, open_jobs, last_hour {operations, succeeded, failed, skipped}}: what PostgreSQL knows; queues and
 * workers are Redis'. `synced` and `failed` are as stored; `last_hour` counts the operations that began or ended within
 * it, and the jobs that were settled in its minutes. */
query_fn overview_read;

/* ---- the last hours ---------------------------------------------------------------------------------------------- */

/* What was done in the last hours: the chart of the overview, and outcomes by kind of job. */

/* {as_of, hours, step_s, steps: [{at, succeeded, failed, skipped, files}, …], kinds: [{kind, succeeded, failed,
 * skipped}, …], files}. Filter: hours, one of 1, 6, 24, 168; without it the
 * shortest of these that reaches back to the beginning of a young installation, else a day, or a week where nothing was
 * done in the last day. Steps without work are there; the last has yet to end.
 * `files` are those for which client apps answered. Exact: written by the settles themselves. */
query_fn activity_read;

/* Since the installation began: an array of {kind, succeeded, failed, skipped}; the kind "file" is no job's. The
 * caller's. */
MUST_CHECK enum err activity_ever(struct pg *pg, struct json_object **kinds, struct err_info *error);

/* ---- the history ------------------------------------------------------------------------------------------------- */

/*
 * The history in sums. They are kept by the database beside the runs (sql/migrations/0007_history_lists.sql) and exact
 * at the moment that `as_of` tells; reading them does not read the runs.
 */

/* {as_of, total_workflows, completed_count, failed_count, success_rate_percent (of those that ended), total_cost,
 * average_cost (of costs above 0), average_duration_seconds (completed), average_tokens,
 * workflows_with_cost (above 0), _duration (completed), _tokens: of how many runs each sum and mean is,
 * average_cache_efficiency_percent, workflows_by_status|template|model, cost_trend_7day, cost_trend_30day (percent
 * against as many days before), hourly_distribution, daily_distribution (Monday 0), peak_hours, date_range {from, to}}.
 * Null where there is nothing to divide by. */
query_fn analytics_read;

/* {trends: [{period, workflows, completed, failed, success_rate_percent, total_cost, average_cost,
 * average_duration_seconds, total_tokens, and of how many runs: workflows_with_cost, _duration, _tokens}, …], days,
 * group_by}: the last `days` days (30 unless told, today included, UTC) by group_by day, hour or week, the oldest
 * first; weeks begin on Monday. By hour at most ANALYTICS_HOURS_DAYS_MAX days. Filters: status
 * (several with commas), model, template. */
query_fn analytics_trends;
#define ANALYTICS_DAYS 30
#define ANALYTICS_DAYS_MAX 3650
#define ANALYTICS_HOURS_DAYS_MAX 31

/* ---- history results --------------------------------------------------------------------------------------------- */

/*
 * What operations of the workflow history answer once they have ended, from their outcomes. Asked with `operation_id`,
 * whose existence the caller has made sure of; before its end the numbers are those so far.
 */

/* {operation_id, scanned (null: not known, for the listing failed or is under way), enriched, inserted, updated,
 * unchanged, failed, duration_seconds, phases} */
query_fn history_results_sync;
/* Of a dry run: {operation_id, dry_run, scanned, inserted, updated, unchanged, failed, skipped, missing (null: a
 * directory was named), first_inserted [id], first_updated [{adw_id, old_cost, new_cost}], first_failed [{adw_id,
 * error}], first_missing [id], phases [{id, label, jobs, or_more}], duration_seconds}: at most five of each. */
query_fn history_results_sync_preview;
/* {operation_id, total_processed, successful, failed, updated, changed, old_total, new_total, change, old_unknown,
 *  new_unknown (runs whose cost was or is not known: the totals are without them), dry_run,
 *  largest: the ten largest changes, workflows, next}; `workflows` in pages: limit, cursor. */
query_fn history_results_recosts;
/* {success, workflow_id, updated, message} */
query_fn history_results_recost;

#endif
