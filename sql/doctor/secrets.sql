-- Texts of errors that look as if they held a secret (I10).   $1 operations, $2 a pattern
SELECT 'outcome ' || d.operation_id || '/' || d.seq FROM job_outcome d
 WHERE d.operation_id = ANY ($1::text[]) AND d.outcome = 'failed' AND d.error ~ $2
UNION ALL
SELECT 'job ' || j.operation_id || '/' || j.seq FROM job j
 WHERE j.operation_id = ANY ($1::text[]) AND j.run_at IS NOT NULL AND j.last_error ~ $2
UNION ALL
SELECT 'operation ' || o.operation_id FROM operation o
 WHERE o.operation_id = ANY ($1::text[]) AND (o.error ~ $2 OR o.subject ~ $2 OR o.args::text ~ $2)
LIMIT 100
