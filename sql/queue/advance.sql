-- $1 operation, $2 phase
SELECT operation_id, state, phase, planned, total, succeeded, failed, skipped, cancelled_jobs, last_seq, generation, version,
       timeline() AS timeline
  FROM advance($1, $2)
