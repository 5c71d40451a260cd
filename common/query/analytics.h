/*
 * The history in sums. They are kept by the database beside the runs (sql/migrations/0007_history_lists.sql) and exact
 * at the moment that `as_of` tells; reading them does not read the runs.
 */
#ifndef REPRISE_QUERY_ANALYTICS_H
#define REPRISE_QUERY_ANALYTICS_H

#include "common/query/query_result.h"

/* {as_of, total_workflows, completed_count, failed_count, success_rate_percent (of those that ended), total_cost,
 * average_cost (of costs above 0), average_duration_seconds (completed), average_tokens,
 * average_cache_efficiency_percent, workflows_by_status|template|model, cost_trend_7day, cost_trend_30day (percent
 * against as many days before), hourly_distribution, daily_distribution (Monday 0), peak_hours, date_range {from, to}}.
 * Null where there is nothing to divide by. */
query_fn analytics_read;

/* {trends: [{period, workflows, completed, failed, success_rate_percent, total_cost, average_cost,
 * average_duration_seconds, total_tokens}, …], days, group_by}: the last `days` days (30 unless told, today included,
 * UTC) by group_by day, hour or week, the oldest first; weeks begin on Monday. By hour at most ANALYTICS_HOURS_DAYS_MAX
 * days. */
query_fn analytics_trends;
#define ANALYTICS_DAYS 30
#define ANALYTICS_DAYS_MAX 3650
#define ANALYTICS_HOURS_DAYS_MAX 31

#endif
