-- Hours, UTC, the oldest first, empty ones too: the sums of days are no help, so the runs themselves are read.
-- $1 days back from today
WITH span AS (
    SELECT date_trunc('day', now(), 'UTC') - ($1::bigint - 1) * interval '1 day' AS first, now() AS last),
run AS (
    SELECT start_time AS at, status, actual_cost_total, duration_seconds, total_tokens FROM workflow_history, span
     WHERE start_time >= span.first AND start_time <= span.last
    UNION ALL
    SELECT created_at, status, actual_cost_total, duration_seconds, total_tokens FROM workflow_history, span
     WHERE start_time IS NULL AND created_at >= span.first AND created_at <= span.last),
s AS (
    SELECT date_trunc('hour', at AT TIME ZONE 'UTC') AS hour, status, count(*) AS runs,
           count(*) FILTER (WHERE actual_cost_total > 0) AS cost_runs, sum(actual_cost_total) FILTER (WHERE actual_cost_total > 0) AS cost,
           count(duration_seconds) FILTER (WHERE status = 'completed') AS timed_runs,
           sum(duration_seconds::numeric) FILTER (WHERE status = 'completed') AS seconds, sum(total_tokens) AS tokens
      FROM run GROUP BY 1, 2)
SELECT
-- include: query/_trends.sql
  FROM span, generate_series(span.first AT TIME ZONE 'UTC', span.last AT TIME ZONE 'UTC', '1 hour') p (period)
  LEFT JOIN s ON s.hour = p.period
 GROUP BY p.period ORDER BY p.period
