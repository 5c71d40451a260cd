-- What was set aside for a load that nobody has in hand is due at once again. Returns the operations. A row that is locked at
-- this moment is being written by somebody, who sees to it.   $1 worker, $2 which of its loads (null = all)
WITH set_aside AS (
    SELECT operation_id, seq FROM job
     WHERE worker = $1 AND ($2::bigint IS NULL OR load = $2)
       AND (SELECT t.state FROM tally t WHERE t.operation_id = job.operation_id) IN ('running', 'paused')
       FOR UPDATE SKIP LOCKED),
again AS (
    UPDATE job SET run_at = least(run_at, now()), worker = NULL, load = NULL FROM set_aside s
     WHERE job.operation_id = s.operation_id AND job.seq = s.seq
    RETURNING job.operation_id)
SELECT operation_id, queue FROM operation WHERE operation_id = ANY (ARRAY(SELECT operation_id FROM again)) ORDER BY operation_id
