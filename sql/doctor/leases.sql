-- All leases, each with the job that it is for as that stands now (I4, I8). There are no more of them than executors, as a rule.
SELECT e.key, e.operation_id || '/' || e.seq AS job, e.attempt, e.worker,
       (extract(epoch FROM clock_timestamp() - e.touched_at) * 1000)::bigint AS untouched_ms, t.state, j.attempt AS job_attempt,
       (SELECT count(*) FROM exclusive x WHERE x.operation_id = e.operation_id AND x.seq = e.seq) AS keys_of_job,
       (extract(epoch FROM clock_timestamp() - o.finished_at) * 1000)::bigint AS ended_ms
  FROM exclusive e
  LEFT JOIN tally t ON t.operation_id = e.operation_id
  LEFT JOIN operation o ON o.operation_id = e.operation_id
  LEFT JOIN job j ON j.operation_id = e.operation_id AND j.seq = e.seq
 ORDER BY e.key LIMIT 10000
