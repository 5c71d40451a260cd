-- The tallies of all live operations and of those named, with what their dispatch needs (I5, I7, I9).   $1 operations
SELECT t.operation_id, t.state, t.phase, t.planned, t.total, t.succeeded, t.failed, t.skipped, t.cancelled_jobs, t.last_seq,
       t.generation, t.version, timeline() AS timeline, o."window",
       EXISTS (SELECT 1 FROM job j WHERE j.operation_id = t.operation_id) AS open
  FROM (SELECT operation_id FROM tally WHERE state IN ('running', 'paused') UNION SELECT unnest($1::text[])) AS w
  JOIN tally t ON t.operation_id = w.operation_id
  JOIN operation o ON o.operation_id = w.operation_id
 ORDER BY t.operation_id
