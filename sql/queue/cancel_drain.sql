-- In a second transaction: waits out the checkpoints in hand, which hold the row for KEY SHARE.   $1 operation
SELECT operation_id, state, phase, planned, total, succeeded, failed, skipped, cancelled_jobs, last_seq, generation, version,
       timeline() AS timeline
  FROM tally WHERE operation_id = $1 FOR UPDATE
