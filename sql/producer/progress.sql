-- All that a person wants to know of a running operation; `retrying` is counted up to 1000.   $1 operation
SELECT o.operation_id, o.definition, o.subject, t.state, t.phase + 1 AS phase, jsonb_array_length(o.phases) AS phases,
       o.phases -> t.phase ->> 'label' AS label, t.planned, t.total,
       t.succeeded + t.failed + t.skipped AS completed, t.succeeded, t.failed, t.skipped, t.cancelled_jobs,
       (SELECT count(*) FROM (SELECT 1 FROM job j WHERE j.operation_id = t.operation_id AND j.run_at > now() AND j.failures > 0
                               LIMIT 1000) waiting) AS retrying,
       o.dry_run, o.requested_by, o.error,
       to_char(o.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at,
       to_char(o.finished_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS finished_at,
       to_char(o.pruned_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS pruned_at,
       (extract(epoch FROM coalesce(o.finished_at, clock_timestamp()) - o.created_at) * 1000)::bigint AS elapsed_ms
  FROM operation o JOIN tally t USING (operation_id) WHERE o.operation_id = $1
