-- Ended operations that still have open jobs.
SELECT operation_id FROM tally WHERE leftover ORDER BY operation_id LIMIT 20
