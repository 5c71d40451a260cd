-- name: cancel_drain
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

-- name: cancel_flip
-- A plain UPDATE, committed at once: from here no new fence of this operation passes.   $1 operation
WITH flipped AS (
    UPDATE tally SET state = 'cancelled', leftover = true, version = version + 1
     WHERE operation_id = $1 AND state IN ('running', 'paused') RETURNING operation_id)
UPDATE operation SET finished_at = now() FROM flipped WHERE operation.operation_id = flipped.operation_id
RETURNING operation.operation_id

-- name: pause
-- $1 operation
UPDATE tally SET state = 'paused', version = version + 1 WHERE operation_id = $1 AND state = 'running' RETURNING operation_id

-- name: resume
-- A new generation: chunks of before the pause die out.   $1 operation
UPDATE tally SET state = 'running', generation = generation + 1, version = version + 1
 WHERE operation_id = $1 AND state = 'paused' RETURNING operation_id
