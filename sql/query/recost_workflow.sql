-- The one workflow of a cost re-sync.   $1 operation
SELECT
-- include: query/_recost_workflow.sql
       , operation_id
  FROM job_outcome WHERE operation_id = $1 ORDER BY seq LIMIT 1
