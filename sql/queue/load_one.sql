-- One job to be run alone, whatever its run_at.   $1 operation, $2 seq
SELECT seq, phase, kind, key, attempt, failures, crashes, checkpoint::text
  FROM job
 WHERE operation_id = $1 AND seq = $2
   AND EXISTS (SELECT 1 FROM tally WHERE operation_id = $1 AND state = 'running')
