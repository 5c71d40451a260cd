-- What a dead worker had loaded as due, and was moved ahead for it, is due at once again. Returns the operations.   $1 worker
WITH again AS (
    UPDATE job SET run_at = now(), worker = NULL
     WHERE worker = $1 AND run_at > now()
       AND EXISTS (SELECT 1 FROM tally t WHERE t.operation_id = job.operation_id AND t.state IN ('running', 'paused'))
    RETURNING operation_id)
SELECT operation_id, queue FROM operation WHERE operation_id = ANY (ARRAY(SELECT operation_id FROM again)) ORDER BY operation_id
