-- What a dead worker had loaded as due, and was moved ahead for it, is due at once again.   $1 worker
UPDATE job SET run_at = now(), worker = NULL
  FROM tally t
 WHERE t.state IN ('running', 'paused') AND job.operation_id = t.operation_id AND job.run_at > now() AND job.worker = $1
