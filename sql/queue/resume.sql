-- A new generation: chunks of before the pause die out.   $1 operation
UPDATE tally SET state = 'running', generation = generation + 1, version = version + 1
 WHERE operation_id = $1 AND state = 'paused' RETURNING operation_id
