-- What a cost re-sync did, in all.   $1 operation
SELECT o.operation_id, t.succeeded + t.failed + t.skipped AS total_processed, t.succeeded AS successful, t.failed,
       c.updated, c.changed, c.old_total, c.new_total, c.new_total - c.old_total AS change, o.dry_run
  FROM operation o JOIN tally t USING (operation_id),
       LATERAL (SELECT count(*) FILTER (WHERE (result ->> 'updated')::boolean) AS updated,
                       count(*) FILTER (WHERE result -> 'old_cost' IS DISTINCT FROM result -> 'new_cost') AS changed,
                       coalesce(sum((result ->> 'old_cost')::numeric), 0)::numeric(18, 9) AS old_total,
                       coalesce(sum((result ->> 'new_cost')::numeric), 0)::numeric(18, 9) AS new_total
                  FROM job_outcome WHERE operation_id = $1) c
 WHERE o.operation_id = $1
