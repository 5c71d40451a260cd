-- All running and paused operations; due_ms: until their earliest retry, negative = it is due (null = none waits).
SELECT t.operation_id, t.state, t.phase, t.planned, t.total, t.succeeded, t.failed, t.skipped, t.cancelled_jobs, t.last_seq,
       t.generation, t.version, timeline() AS timeline,
       o.queue, o."window",
       (SELECT count(*) FROM (SELECT failures FROM job j WHERE j.operation_id = t.operation_id AND j.run_at IS NOT NULL
                               LIMIT 10000) w WHERE failures > 0) AS retrying, -- an estimate: it looks at so many
       (SELECT (extract(epoch FROM run_at - clock_timestamp()) * 1000)::bigint
          FROM job j WHERE j.operation_id = t.operation_id AND j.run_at IS NOT NULL ORDER BY run_at LIMIT 1) AS due_ms
  FROM tally t JOIN operation o USING (operation_id)
 WHERE t.state IN ('running', 'paused') ORDER BY t.operation_id
