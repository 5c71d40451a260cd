-- Sequence numbers taken beforehand for jobs that a job plans; gaps are allowed.   $1 operation, $2 how many
UPDATE tally SET last_seq = last_seq + $2, version = version + 1
 WHERE operation_id = $1 AND state IN ('running', 'paused') RETURNING last_seq - $2
