-- A plain UPDATE, committed at once: from here no new fence of this operation passes.   $1 operation
WITH flipped AS (
    UPDATE tally SET state = 'cancelled', leftover = true, version = version + 1
     WHERE operation_id = $1 AND state IN ('running', 'paused') RETURNING operation_id)
UPDATE operation SET finished_at = now() FROM flipped WHERE operation.operation_id = flipped.operation_id
RETURNING operation.operation_id
