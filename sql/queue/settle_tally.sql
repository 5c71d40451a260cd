-- Stands last, so that the hot row is locked only during the commit.
-- $1 operation, $2 kind, $3 succeeded, $4 failed, $5 skipped
SELECT operation_id, state, phase, planned, total, succeeded, failed, skipped, cancelled_jobs, last_seq, generation, version,
       timeline() AS timeline
  FROM settle_tally($1, $2, $3, $4, $5)
