-- All that a person wants to know of an operation; `retrying` is counted up to 1000. The rate is that of its whole life;
-- whoever watches knows better.   $1 operation
SELECT p.operation_id, p.definition, p.subject, p.args, p.state, p.state = 'cancelled' AS cancelled, p.phase,
       p.phases, p.label, p.planned, p.total, p.completed, p.succeeded, p.failed, p.skipped, p.cancelled_jobs, p.open,
       (SELECT count(*) FROM (SELECT 1 FROM job j WHERE j.operation_id = p.operation_id AND j.run_at > now() AND j.failures > 0
                               LIMIT 1000) waiting) AS retrying,
       r.rate_per_s,
       CASE WHEN p.state = 'running' AND p.planned AND r.rate_per_s > 0 THEN floor(p.open / r.rate_per_s)::bigint END AS eta_s,
       p.dry_run, p.requested_by, p.error, p.queue, p.phase_list,
       to_char(p.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at,
       to_char(p.finished_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS finished_at,
       to_char(p.pruned_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS pruned_at, p.elapsed_ms
  FROM (SELECT o.operation_id, o.definition, o.subject, o.args, o.queue, o.dry_run, o.requested_by, o.error, o.created_at,
               o.finished_at, o.pruned_at, t.state, t.phase + 1 AS phase, jsonb_array_length(o.phases) AS phases,
               o.phases -> t.phase ->> 'label' AS label, t.planned, t.total,
               t.succeeded + t.failed + t.skipped AS completed, t.succeeded, t.failed, t.skipped,
               -- From the cancel on none of them is done any more, however many rows the sweep has yet to remove.
               CASE WHEN t.state IN ('cancelled', 'failed') THEN t.total - t.succeeded - t.failed - t.skipped
                    ELSE t.cancelled_jobs END AS cancelled_jobs,
               CASE WHEN t.state IN ('cancelled', 'failed') THEN 0
                    ELSE t.total - t.succeeded - t.failed - t.skipped - t.cancelled_jobs END AS open,
               (SELECT jsonb_agg(f.phase || jsonb_build_object('number', f.number, 'state',
                                 CASE WHEN f.number <= t.phase OR t.state = 'completed' THEN 'ended'
                                      WHEN f.number = t.phase + 1 THEN t.state ELSE 'waiting' END) ORDER BY f.number)
                  FROM jsonb_array_elements(o.phases) WITH ORDINALITY f(phase, number)) AS phase_list,
               (extract(epoch FROM coalesce(o.finished_at, clock_timestamp()) - o.created_at) * 1000)::bigint AS elapsed_ms
          FROM operation o JOIN tally t USING (operation_id) WHERE o.operation_id = $1) p
 CROSS JOIN LATERAL (SELECT CASE WHEN p.completed > 0 AND p.elapsed_ms > 0
                                 THEN p.completed * 1000.0::float8 / p.elapsed_ms END AS rate_per_s) r
