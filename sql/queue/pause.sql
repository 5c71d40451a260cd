-- $1 operation
UPDATE tally SET state = 'paused', version = version + 1 WHERE operation_id = $1 AND state = 'running' RETURNING operation_id
