-- Up to $2 due retries. They are moved ahead by the job's timeout: should their worker die, they are due again.
-- $1 operation, $2 at most, $3 timeout in ms, $4 worker
WITH due AS (
    SELECT seq FROM job
     WHERE operation_id = $1 AND run_at <= now()
       AND EXISTS (SELECT 1 FROM tally WHERE operation_id = $1 AND state = 'running')
     ORDER BY run_at LIMIT $2 FOR UPDATE SKIP LOCKED)
UPDATE job SET run_at = now() + $3 * interval '1 millisecond', worker = $4
 WHERE operation_id = $1 AND seq = ANY (ARRAY(SELECT seq FROM due))
RETURNING seq, phase, kind, key, attempt, failures, crashes, checkpoint::text
