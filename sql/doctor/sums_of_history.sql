-- Days (with status, template and model) and hours of the workflow history whose rows are not what their sums say: which, what, kept, counted.
WITH kept AS (
    SELECT day, status, workflow_template, model_used, sum(runs) AS runs, sum(cost_runs) AS cost_runs, sum(cost) AS cost, sum(timed_runs) AS timed_runs,
           sum(seconds) AS seconds, sum(token_runs) AS token_runs, sum(tokens) AS tokens,
           sum(cached_runs) AS cached_runs, sum(efficiency) AS efficiency FROM history_sum GROUP BY 1, 2, 3, 4),
real AS (
    SELECT (coalesce(start_time, created_at) AT TIME ZONE 'UTC')::date AS day, status, coalesce(workflow_template, '') AS workflow_template,
           coalesce(model_used, '') AS model_used, count(*) AS runs,
           count(*) FILTER (WHERE actual_cost_total > 0) AS cost_runs,
           coalesce(sum(actual_cost_total) FILTER (WHERE actual_cost_total > 0), 0) AS cost,
           count(duration_seconds) FILTER (WHERE status = 'completed') AS timed_runs,
           coalesce(sum(history_micros(duration_seconds)) FILTER (WHERE status = 'completed'), 0) * 0.000001 AS seconds,
           count(total_tokens) AS token_runs, coalesce(sum(total_tokens), 0) AS tokens,
           count(cache_efficiency_percent) AS cached_runs,
           coalesce(sum(history_micros(cache_efficiency_percent)), 0) * 0.000001 AS efficiency
      FROM workflow_history GROUP BY 1, 2, 3, 4),
days AS (
    SELECT concat_ws(' ', day, status, nullif(workflow_template, ''), nullif(model_used, '')) AS at, n.what, n.kept, n.counted
      FROM kept FULL JOIN real USING (day, status, workflow_template, model_used)
     CROSS JOIN LATERAL (VALUES ('runs', kept.runs, real.runs), ('runs with a cost', kept.cost_runs, real.cost_runs),
                                ('dollars', kept.cost, real.cost), ('runs with a duration', kept.timed_runs, real.timed_runs),
                                ('seconds', kept.seconds, real.seconds), ('runs with tokens', kept.token_runs, real.token_runs),
                                ('tokens', kept.tokens, real.tokens), ('runs with a cache', kept.cached_runs, real.cached_runs),
                                ('percent of caches', kept.efficiency, real.efficiency)) n (what, kept, counted)),
hours AS (
    SELECT format('weekday %s, hour %s', day_of_week, hour_of_day) AS at, 'runs' AS what, kept.runs AS kept, real.runs AS counted
      FROM (SELECT day_of_week, hour_of_day, sum(runs) AS runs FROM history_hour GROUP BY 1, 2) kept
      FULL JOIN (SELECT day_of_week, hour_of_day, count(*) AS runs FROM workflow_history GROUP BY 1, 2) real
     USING (day_of_week, hour_of_day))
SELECT at, what, trim_scale(coalesce(kept, 0)), trim_scale(coalesce(counted, 0))
  FROM (SELECT * FROM days UNION ALL SELECT * FROM hours) sums
 WHERE coalesce(kept, 0) <> coalesce(counted, 0)
 ORDER BY at, what LIMIT 100
