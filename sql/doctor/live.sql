-- The tallies of all live operations and of those named, with what their dispatch needs (I5, I7, I9).   $1 operations
SELECT t.operation_id, t.state, t.phase, t.planned, t.total, t.succeeded, t.failed, t.skipped, t.cancelled_jobs, t.last_seq,
       t.generation, t.version, timeline() AS timeline, o."window",
       EXISTS (SELECT 1 FROM job j WHERE j.operation_id = t.operation_id) AS open,
       EXISTS (SELECT 1 FROM (SELECT run_at FROM job j WHERE j.operation_id = t.operation_id ORDER BY seq LIMIT 10000) j
                WHERE run_at IS NULL) AS ready,
       (SELECT (extract(epoch FROM run_at - clock_timestamp()) * 1000)::bigint
          FROM job j WHERE j.operation_id = t.operation_id AND j.run_at IS NOT NULL ORDER BY run_at LIMIT 1) AS due_ms
  FROM (SELECT operation_id FROM tally WHERE state IN ('running', 'paused') UNION SELECT unnest($1::text[])) AS w
  JOIN tally t ON t.operation_id = w.operation_id
  JOIN operation o ON o.operation_id = w.operation_id
 ORDER BY t.operation_id
