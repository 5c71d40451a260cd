-- What a chunk's owner must know beside its jobs: the tally as of now, and when the next retry is due, as a delay in ms
-- (null = none waits). Locked rows of other loaders are looked over: they see to themselves.   $1 operation
SELECT t.operation_id, t.state, t.phase, t.planned, t.total, t.succeeded, t.failed, t.skipped, t.cancelled_jobs, t.last_seq,
       t.generation, t.version, timeline() AS timeline,
       (SELECT greatest(0, extract(epoch FROM run_at - clock_timestamp()) * 1000)::bigint
          FROM job WHERE operation_id = $1 AND run_at IS NOT NULL ORDER BY run_at LIMIT 1) AS due_ms
  FROM tally t WHERE operation_id = $1
