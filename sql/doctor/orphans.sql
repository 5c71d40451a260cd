-- Operation ids that stand in a hot table and have no tally: there are no foreign keys that would forbid it. Each distinct id
-- costs one look into an index.   $1 also look through the outcomes
WITH RECURSIVE of_jobs AS (
    (SELECT operation_id FROM job ORDER BY operation_id LIMIT 1)
    UNION ALL
    SELECT (SELECT j.operation_id FROM job j WHERE j.operation_id > w.operation_id ORDER BY j.operation_id LIMIT 1)
      FROM of_jobs w WHERE w.operation_id IS NOT NULL),
of_outcomes AS (
    (SELECT operation_id FROM job_outcome WHERE $1::boolean ORDER BY operation_id LIMIT 1)
    UNION ALL
    SELECT (SELECT d.operation_id FROM job_outcome d WHERE d.operation_id > w.operation_id ORDER BY d.operation_id LIMIT 1)
      FROM of_outcomes w WHERE w.operation_id IS NOT NULL)
SELECT operation_id FROM (SELECT operation_id FROM of_jobs UNION SELECT operation_id FROM of_outcomes) AS known
 WHERE operation_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM tally t WHERE t.operation_id = known.operation_id)
 ORDER BY operation_id LIMIT 100
