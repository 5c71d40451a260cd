-- Whether an operation has an open job that waits for no time: some chunk must lead to it. Only the first ten thousand open jobs
-- are looked at, so that a million retries cost no more.   $1 operation
SELECT EXISTS (SELECT 1 FROM (SELECT run_at FROM job WHERE operation_id = $1 ORDER BY seq LIMIT 10000) j WHERE run_at IS NULL)
