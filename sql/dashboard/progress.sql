-- What a progress bar asks for again and again: two rows by their keys.   $1 operation
SELECT o.operation_id, o.definition, o.subject, t.state, t.phase + 1 AS phase, jsonb_array_length(o.phases) AS phases, t.planned,
       t.total, t.succeeded + t.failed + t.skipped AS completed, t.succeeded, t.failed, t.skipped, t.cancelled_jobs,
       t.state = 'cancelled' AS cancelled,
       to_char(o.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at,
       to_char(o.finished_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS finished_at,
       (extract(epoch FROM coalesce(o.finished_at, clock_timestamp()) - o.created_at) * 1000)::bigint AS elapsed_ms
  FROM operation o JOIN tally t USING (operation_id) WHERE o.operation_id = $1
