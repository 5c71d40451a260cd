-- The open jobs of a range chunk that are not waiting for a retry.   $1 operation, $2 from, $3 to
SELECT seq, phase, kind, key, attempt, failures, crashes, checkpoint::text
  FROM job
 WHERE operation_id = $1 AND seq BETWEEN $2 AND $3 AND (run_at IS NULL OR run_at <= now())
   AND EXISTS (SELECT 1 FROM tally WHERE operation_id = $1 AND state = 'running')
 ORDER BY seq
