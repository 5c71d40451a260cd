-- $1 operation, $2 phase, $3 cursor as seen, $4 last seq as seen, $5 jobs planned, $6 new cursor, $7 this was the last step
SELECT operation_id, state, phase, planned, total, succeeded, failed, skipped, cancelled_jobs, last_seq, generation, version,
       timeline() AS timeline
  FROM plan_tally($1, $2, $3, $4, $5, $6, $7)
