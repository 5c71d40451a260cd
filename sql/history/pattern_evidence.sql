-- $1 signature
SELECT count(*) AS occurrences, count(duration_seconds) AS durations, var_pop(duration_seconds) AS duration_variance,
       avg(error_count) AS mean_errors, avg(retry_count) AS mean_retries, avg(total_tokens) AS mean_tokens,
       round(avg(actual_cost_total), 9)::text AS mean_cost, min(coalesce(start_time, created_at))::text AS first_detected,
       max(coalesce(start_time, created_at))::text AS last_seen
  FROM workflow_history WHERE pattern_signature = $1
