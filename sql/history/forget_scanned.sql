-- What scans of operations that have ended had found, at most $1 rows of it.
DELETE FROM scanned_run WHERE ctid = ANY (ARRAY(
    SELECT s.ctid FROM scanned_run s
     WHERE NOT EXISTS (SELECT 1 FROM tally t WHERE t.operation_id = s.operation_id AND t.state IN ('running', 'paused'))
     LIMIT $1))
