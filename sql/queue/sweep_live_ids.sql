-- All running and paused operations, by name.
SELECT operation_id FROM tally WHERE state IN ('running', 'paused') ORDER BY operation_id
