-- The ten largest changes of a cost re-sync, up or down.   $1 operation
SELECT
-- include: query/_recost_workflow.sql
       , coalesce((result ->> 'new_cost')::numeric, 0) - coalesce((result ->> 'old_cost')::numeric, 0) AS change
  FROM job_outcome
 WHERE operation_id = $1 AND result -> 'old_cost' IS DISTINCT FROM result -> 'new_cost'
 ORDER BY abs(coalesce((result ->> 'new_cost')::numeric, 0) - coalesce((result ->> 'old_cost')::numeric, 0)) DESC, seq
 LIMIT 10
