-- What became of an operation's one job.   $1 operation
SELECT seq, operation_id || '/' || seq AS job_id, kind, key, outcome, attempt, error, result
  FROM job_outcome WHERE operation_id = $1 ORDER BY seq LIMIT 1
