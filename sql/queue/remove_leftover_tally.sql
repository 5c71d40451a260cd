-- $1 operation, $2 removed
UPDATE tally SET cancelled_jobs = cancelled_jobs + $2, version = version + 1
 WHERE operation_id = $1 AND state IN ('cancelled', 'failed')
