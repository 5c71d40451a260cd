-- Live operations by queue: how many, and their open jobs.
SELECT o.queue, count(*) AS operations,
       coalesce(sum(t.total - t.succeeded - t.failed - t.skipped - t.cancelled_jobs), 0)::bigint AS open_jobs
  FROM tally t JOIN operation o USING (operation_id)
 WHERE t.state IN ('running', 'paused') GROUP BY o.queue
