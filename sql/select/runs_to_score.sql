-- runs-to-compare, to be scored: those that changed, and those whose anomalies of cost or duration are not what the means of
-- their template make of them now. All else that a score depends on is the run's own.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
-- include: select/_due.sql
, sums AS MATERIALIZED (
-- include: history/templates.sql
),
-- What the worker makes of the same sums, to the bit: template_means.c, anomalies.c.
means AS (
    SELECT h.adw_id, h.anomaly_flags, (h.actual_cost_total * 1000000000)::double precision AS cost,
           h.duration_seconds AS duration,
           history_mean_of_others(s.cost_nusd, s.costs, (h.actual_cost_total * 1000000000)::double precision) AS mean_cost,
           history_mean_of_others(s.duration_s, s.durations, h.duration_seconds) AS mean_duration, s.runs - 1 >= 3 AS has_peers
      FROM sums s JOIN workflow_history h USING (workflow_template)),
odd AS (
    SELECT adw_id FROM means
     WHERE (SELECT seen FROM pass) IS NOT NULL
       AND (history_differs(jsonb_path_query_first(anomaly_flags, '$[*] ? (@.type == "cost").expected'),
                            CASE WHEN has_peers AND mean_cost > 0 AND cost / 1e9 > 2 * (mean_cost / 1e9) THEN mean_cost / 1e9 END)
            OR history_differs(jsonb_path_query_first(anomaly_flags, '$[*] ? (@.type == "duration").expected'),
                               CASE WHEN has_peers AND mean_duration > 0 AND duration > 2 * mean_duration THEN mean_duration END))),
due AS (
    SELECT adw_id FROM changed UNION SELECT adw_id FROM odd
    UNION SELECT adw_id FROM workflow_history WHERE (SELECT seen FROM pass) IS NOT NULL AND anomaly_flags IS NULL),
-- include: select/_due_step.sql
-- include: select/_pass.sql
-- include: queue/_plan_step.sql
