-- The first failures of a re-sync of costs: which run, and why.   $1 operation
SELECT key, coalesce(error, '') FROM job_outcome WHERE operation_id = $1 AND outcome = 'failed' ORDER BY seq LIMIT 100
