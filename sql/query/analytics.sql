-- name: _trends
-- The figures of a period, from sums. What is known of none of its runs is null; of how many it is known stands beside it.
       to_char(p.period, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS period, coalesce(sum(s.runs), 0)::bigint AS workflows,
       coalesce(sum(s.runs) FILTER (WHERE s.status = 'completed'), 0)::bigint AS completed,
       coalesce(sum(s.runs) FILTER (WHERE s.status = 'failed'), 0)::bigint AS failed,
       round(100.0 * coalesce(sum(s.runs) FILTER (WHERE s.status = 'completed'), 0)
             / nullif(sum(s.runs) FILTER (WHERE s.status IN ('completed', 'failed')), 0), 2) AS success_rate_percent,
       coalesce(sum(s.cost_runs), 0)::bigint AS workflows_with_cost,
       CASE WHEN sum(s.runs) > 0 AND sum(s.cost_runs) = 0 THEN NULL ELSE coalesce(sum(s.cost), 0)::numeric(18, 9) END AS total_cost,
       (sum(s.cost) / nullif(sum(s.cost_runs), 0))::numeric(18, 9) AS average_cost,
       coalesce(sum(s.timed_runs), 0)::bigint AS workflows_with_duration,
       round(sum(s.seconds) / nullif(sum(s.timed_runs), 0), 3) AS average_duration_seconds,
       coalesce(sum(s.token_runs), 0)::bigint AS workflows_with_tokens,
       CASE WHEN sum(s.runs) > 0 AND sum(s.token_runs) = 0 THEN NULL ELSE coalesce(sum(s.tokens), 0)::bigint END AS total_tokens

-- name: analytics
-- The whole history in sums (sql/migrations/0007_history_lists.sql), exact at this moment. Rates are of runs that have ended.
WITH days AS MATERIALIZED (
    SELECT day, status, workflow_template, model_used, sum(runs) AS runs, sum(cost_runs) AS cost_runs, sum(cost) AS cost,
           sum(timed_runs) AS timed_runs, sum(seconds) AS seconds, sum(token_runs) AS token_runs, sum(tokens) AS tokens,
           sum(cached_runs) AS cached_runs, sum(efficiency) AS efficiency
      FROM history_sum GROUP BY GROUPING SETS ((day), (status), (workflow_template), (model_used), ())),
by_day AS (SELECT * FROM days WHERE day IS NOT NULL AND runs <> 0),
whole AS (SELECT * FROM days WHERE day IS NULL AND status IS NULL AND workflow_template IS NULL AND model_used IS NULL),
statuses AS (
    SELECT coalesce(jsonb_object_agg(status, runs::bigint), '{}') AS counts, coalesce(sum(runs) FILTER (WHERE status = 'completed'), 0)::bigint AS completed,
           coalesce(sum(runs) FILTER (WHERE status = 'failed'), 0)::bigint AS failed FROM days WHERE status IS NOT NULL AND runs <> 0),
today AS (SELECT (now() AT TIME ZONE 'UTC')::date AS day),
hours AS MATERIALIZED (
    SELECT day_of_week, hour_of_day, sum(runs)::bigint AS runs FROM history_hour
     GROUP BY GROUPING SETS ((day_of_week), (hour_of_day)) HAVING sum(runs) <> 0)
SELECT to_char(now(), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS as_of, coalesce(w.runs, 0)::bigint AS total_workflows,
       s.completed AS completed_count, s.failed AS failed_count,
       round(100.0 * s.completed / nullif(s.completed + s.failed, 0), 2) AS success_rate_percent,
       coalesce(w.cost_runs, 0)::bigint AS workflows_with_cost,
       CASE WHEN w.runs > 0 AND w.cost_runs = 0 THEN NULL ELSE coalesce(w.cost, 0)::numeric(18, 9) END AS total_cost,
       (w.cost / nullif(w.cost_runs, 0))::numeric(18, 9) AS average_cost,
       coalesce(w.timed_runs, 0)::bigint AS workflows_with_duration,
       round(w.seconds / nullif(w.timed_runs, 0), 3) AS average_duration_seconds,
       coalesce(w.token_runs, 0)::bigint AS workflows_with_tokens,
       round(w.tokens / nullif(w.token_runs, 0), 1) AS average_tokens,
       round(w.efficiency / nullif(w.cached_runs, 0), 2) AS average_cache_efficiency_percent,
       s.counts AS workflows_by_status,
       (SELECT coalesce(jsonb_object_agg(coalesce(nullif(workflow_template, ''), 'unknown'), runs::bigint), '{}')
          FROM days WHERE workflow_template IS NOT NULL AND runs <> 0) AS workflows_by_template,
       (SELECT coalesce(jsonb_object_agg(coalesce(nullif(model_used, ''), 'unknown'), runs::bigint), '{}')
          FROM days WHERE model_used IS NOT NULL AND runs <> 0) AS workflows_by_model,
       (SELECT round(100 * (sum(cost) FILTER (WHERE d.day > t.day - 7) - sum(cost) FILTER (WHERE d.day <= t.day - 7))
                     / nullif(sum(cost) FILTER (WHERE d.day <= t.day - 7), 0), 2)
          FROM by_day d WHERE d.day > t.day - 14 AND d.day <= t.day) AS cost_trend_7day,
       (SELECT round(100 * (sum(cost) FILTER (WHERE d.day > t.day - 30) - sum(cost) FILTER (WHERE d.day <= t.day - 30))
                     / nullif(sum(cost) FILTER (WHERE d.day <= t.day - 30), 0), 2)
          FROM by_day d WHERE d.day > t.day - 60 AND d.day <= t.day) AS cost_trend_30day,
       (SELECT jsonb_object_agg(hour_of_day, runs) FROM hours WHERE hour_of_day >= 0) AS hourly_distribution,
       (SELECT jsonb_object_agg(day_of_week, runs) FROM hours WHERE day_of_week >= 0) AS daily_distribution,
       (SELECT coalesce(jsonb_agg(hour_of_day ORDER BY runs DESC, hour_of_day), '[]')
          FROM (SELECT * FROM hours WHERE hour_of_day >= 0 ORDER BY runs DESC, hour_of_day LIMIT 3) top) AS peak_hours,
       (SELECT jsonb_build_object('from', min(day), 'to', max(day)) FROM by_day) AS date_range
  FROM statuses s CROSS JOIN today t LEFT JOIN whole w ON true

-- name: trends_by_day
-- Days or weeks (from Monday), UTC, the oldest first, empty ones too.   $1 days back from today, $2 day or week, $3 statuses, with
-- commas, $4 model, $5 template; null = any
WITH span AS (SELECT date_trunc('day', now() AT TIME ZONE 'UTC') AS today),
s AS (
    SELECT date_trunc($2::text, day::timestamp) AS period, status, sum(runs) AS runs, sum(cost_runs) AS cost_runs, sum(cost) AS cost,
           sum(timed_runs) AS timed_runs, sum(seconds) AS seconds, sum(token_runs) AS token_runs, sum(tokens) AS tokens
      FROM history_sum, span WHERE day > today::date - $1::bigint::int AND day <= today::date
       AND ($3::text IS NULL OR status = ANY (string_to_array($3, ','))) AND ($4::text IS NULL OR model_used = $4)
       AND ($5::text IS NULL OR workflow_template = $5)
     GROUP BY 1, 2)
SELECT
-- include: query/_trends
  FROM span CROSS JOIN LATERAL
       generate_series(date_trunc($2::text, today - ($1::bigint - 1) * interval '1 day'), today, ('1 ' || $2::text)::interval) p (period)
  LEFT JOIN s ON s.period = p.period
 GROUP BY p.period ORDER BY p.period

-- name: trends_by_hour
-- Hours, UTC, the oldest first, empty ones too: the sums of days are no help, so the runs themselves are read.
-- $1 days back from today, $2 statuses, with commas, $3 model, $4 template; null = any
WITH span AS (
    SELECT date_trunc('day', now(), 'UTC') - ($1::bigint - 1) * interval '1 day' AS first, now() AS last),
run AS (
    SELECT start_time AS at, status, model_used, workflow_template, actual_cost_total, duration_seconds, total_tokens
      FROM workflow_history, span
     WHERE start_time >= span.first AND start_time <= span.last
    UNION ALL
    SELECT created_at, status, model_used, workflow_template, actual_cost_total, duration_seconds, total_tokens
      FROM workflow_history, span
     WHERE start_time IS NULL AND created_at >= span.first AND created_at <= span.last),
s AS (
    SELECT date_trunc('hour', at AT TIME ZONE 'UTC') AS hour, status, count(*) AS runs,
           count(*) FILTER (WHERE actual_cost_total > 0) AS cost_runs, sum(actual_cost_total) FILTER (WHERE actual_cost_total > 0) AS cost,
           count(duration_seconds) FILTER (WHERE status = 'completed') AS timed_runs,
           sum(duration_seconds::numeric) FILTER (WHERE status = 'completed') AS seconds,
           count(total_tokens) AS token_runs, sum(total_tokens) AS tokens
      FROM run
     WHERE ($2::text IS NULL OR status = ANY (string_to_array($2, ','))) AND ($3::text IS NULL OR model_used = $3)
       AND ($4::text IS NULL OR workflow_template = $4)
     GROUP BY 1, 2)
SELECT
-- include: query/_trends
  FROM span, generate_series(span.first AT TIME ZONE 'UTC', span.last AT TIME ZONE 'UTC', '1 hour') p (period)
  LEFT JOIN s ON s.hour = p.period
 GROUP BY p.period ORDER BY p.period
