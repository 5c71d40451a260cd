-- Outcomes of deliveries whose effect is not to be seen: a settle as synced writes both in one transaction, with one time (I3).
-- A cancelled re-sync takes the time away again, and leaves `failed`.   $1 operations
SELECT d.operation_id || '/' || d.seq, d.key
  FROM job_outcome d
  JOIN operation o ON o.operation_id = d.operation_id AND NOT o.dry_run
  JOIN app_repositories l ON l.app_id = split_part(d.key, '/', 1) AND l.repository_id = split_part(d.key, '/', 2)
 WHERE d.operation_id = ANY ($1::text[]) AND d.kind IN ('resync', 'snapshot') AND d.outcome = 'succeeded'
   AND l.created_at <= d.finished_at
   AND (l.result = 'never' OR l.last_scanned_at < d.finished_at OR (l.last_scanned_at IS NULL AND l.result <> 'failed'))
 ORDER BY d.operation_id, d.seq LIMIT 100
