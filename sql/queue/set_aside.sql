-- Retries that are set aside for whoever loaded them: few, as each holder has a chunk's at most. (The operation is looked at
-- behind the count, once for each group.)
SELECT worker, load, operation_id, jobs
  FROM (SELECT worker, load, operation_id, count(*) AS jobs FROM job WHERE worker IS NOT NULL GROUP BY worker, load, operation_id) a
 WHERE (SELECT t.state FROM tally t WHERE t.operation_id = a.operation_id) IN ('running', 'paused')
 ORDER BY worker, load, operation_id
