-- Ended operations that still have open jobs.
SELECT operation_id FROM tally
 WHERE state IN ('cancelled', 'failed') AND succeeded + failed + skipped + cancelled_jobs < total ORDER BY operation_id LIMIT 20
