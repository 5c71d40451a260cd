-- The jobs that a dead worker had loaded as due.   $1 operation, $2 worker, $3 at most
SELECT seq FROM job WHERE operation_id = $1 AND run_at > now() AND worker = $2 ORDER BY run_at LIMIT $3
