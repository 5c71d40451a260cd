-- Up to $2 due retries. They are set aside for this load; should its holder not have them (any more), they are due again
-- (due_again), at the latest after the job's timeout.
-- $1 operation, $2 at most, $3 timeout in ms, $4 worker, $5 which of its loads
WITH due AS (
    SELECT seq FROM job
     WHERE operation_id = $1 AND run_at <= now()
       AND EXISTS (SELECT 1 FROM tally WHERE operation_id = $1 AND state = 'running')
     ORDER BY run_at LIMIT $2 FOR UPDATE SKIP LOCKED)
UPDATE job SET run_at = now() + $3 * interval '1 millisecond', worker = $4, load = $5
 WHERE operation_id = $1 AND seq = ANY (ARRAY(SELECT seq FROM due))
RETURNING seq, phase, kind, key, attempt, failures, crashes, checkpoint::text
