-- The figures of a period, from sums.
       to_char(p.period, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS period, coalesce(sum(s.runs), 0)::bigint AS workflows,
       coalesce(sum(s.runs) FILTER (WHERE s.status = 'completed'), 0)::bigint AS completed,
       coalesce(sum(s.runs) FILTER (WHERE s.status = 'failed'), 0)::bigint AS failed,
       round(100.0 * coalesce(sum(s.runs) FILTER (WHERE s.status = 'completed'), 0)
             / nullif(sum(s.runs) FILTER (WHERE s.status IN ('completed', 'failed')), 0), 2) AS success_rate_percent,
       coalesce(sum(s.cost), 0)::numeric(18, 9) AS total_cost,
       (sum(s.cost) / nullif(sum(s.cost_runs), 0))::numeric(18, 9) AS average_cost,
       round(sum(s.seconds) / nullif(sum(s.timed_runs), 0), 3) AS average_duration_seconds,
       coalesce(sum(s.tokens), 0)::bigint AS total_tokens
