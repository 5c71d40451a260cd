-- name: ended
-- Those of the operations that have ended, and those that there are no more.   $1 operations
SELECT w.id FROM unnest($1::text[]) AS w (id) LEFT JOIN operation o ON o.operation_id = w.id
 WHERE o.operation_id IS NULL OR o.finished_at IS NOT NULL

-- name: failures
-- The first failures of a re-sync of costs: which run, and why.   $1 operation
SELECT key, coalesce(error, '') FROM job_outcome WHERE operation_id = $1 AND outcome = 'failed' ORDER BY seq LIMIT 100

-- name: progress
-- What a progress bar asks for again and again: two rows by their keys.   $1 operation
SELECT o.operation_id, o.definition, o.subject, t.state, t.phase + 1 AS phase, jsonb_array_length(o.phases) AS phases, t.planned,
       t.total, t.succeeded + t.failed + t.skipped AS completed, t.succeeded, t.failed, t.skipped, t.cancelled_jobs,
       t.state = 'cancelled' AS cancelled,
       to_char(o.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at,
       to_char(o.finished_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS finished_at,
       (extract(epoch FROM coalesce(o.finished_at, clock_timestamp()) - o.created_at) * 1000)::bigint AS elapsed_ms
  FROM operation o JOIN tally t USING (operation_id) WHERE o.operation_id = $1
