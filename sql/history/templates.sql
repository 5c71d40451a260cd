-- What runs of each template cost and take, for the means of the others. Durations are added up as numerics: the same sum in
-- whatever order.
SELECT workflow_template, count(*) AS runs,
       coalesce(sum(actual_cost_total * 1000000000) FILTER (WHERE actual_cost_total > 0), 0)::bigint AS cost_nusd,
       count(*) FILTER (WHERE actual_cost_total > 0) AS costs,
       coalesce(sum(duration_seconds::numeric) FILTER (WHERE duration_seconds > 0), 0)::double precision AS duration_s,
       count(*) FILTER (WHERE duration_seconds > 0) AS durations
  FROM workflow_history WHERE workflow_template IS NOT NULL GROUP BY workflow_template
