-- $1 repository
UPDATE repositories SET consecutive_failures = 0, circuit_open_until = NULL, updated_at = now()
 WHERE repository_id = $1 AND (consecutive_failures <> 0 OR circuit_open_until IS NOT NULL)
