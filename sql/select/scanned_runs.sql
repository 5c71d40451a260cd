-- scanned-runs: what the scan of this operation has found.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
-- include: select/_workflow_step.sql
      FROM scanned_run WHERE operation_id = $1 AND adw_id > coalesce($6::text, '') AND $5::jsonb IS NOT NULL
     ORDER BY adw_id LIMIT $7::bigint)
-- include: queue/_plan_step.sql
