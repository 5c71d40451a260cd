-- $1 operation, $2 removed, $3 there may be more
UPDATE tally SET cancelled_jobs = cancelled_jobs + $2, leftover = $3, version = version + 1
 WHERE operation_id = $1 AND state IN ('cancelled', 'failed')
