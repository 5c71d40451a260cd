-- Days or weeks (from Monday), UTC, the oldest first, empty ones too.   $1 days back from today, $2 day or week
WITH span AS (SELECT date_trunc('day', now() AT TIME ZONE 'UTC') AS today),
s AS (
    SELECT date_trunc($2::text, day::timestamp) AS period, status, sum(runs) AS runs, sum(cost_runs) AS cost_runs, sum(cost) AS cost,
           sum(timed_runs) AS timed_runs, sum(seconds) AS seconds, sum(tokens) AS tokens
      FROM history_sum, span WHERE day > today::date - $1::bigint::int AND day <= today::date
     GROUP BY 1, 2)
SELECT
-- include: query/_trends.sql
  FROM span CROSS JOIN LATERAL
       generate_series(date_trunc($2::text, today - ($1::bigint - 1) * interval '1 day'), today, ('1 ' || $2::text)::interval) p (period)
  LEFT JOIN s ON s.period = p.period
 GROUP BY p.period ORDER BY p.period
