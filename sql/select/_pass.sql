-- Beside the jobs of the first step: through which transactions this pass sees all changes.
, passed AS (
    INSERT INTO history_pass (operation_id, phase, kind, through)
    SELECT $1, $3, $4, pg_snapshot_xmin(pg_current_snapshot())
     WHERE $6::text IS NULL AND NOT EXISTS (SELECT 1 FROM operation WHERE operation_id = $1 AND dry_run)
        ON CONFLICT DO NOTHING)
