-- In a second transaction: waits out the checkpoints in hand, which hold the row for KEY SHARE. Its commit is the moment from which
-- on nothing of the operation commits any more, so it leaves a mark (I4).   $1 operation
WITH drained AS MATERIALIZED (
    SELECT operation_id, state, phase, planned, total, succeeded, failed, skipped, cancelled_jobs, last_seq, generation, version,
           timeline() AS timeline
      FROM tally WHERE operation_id = $1 FOR UPDATE),
marked AS (
    UPDATE operation SET drained_at = clock_timestamp() FROM drained
     WHERE operation.operation_id = drained.operation_id AND drained.state = 'cancelled' AND drained_at IS NULL)
SELECT * FROM drained
