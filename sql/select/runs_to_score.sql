-- runs-to-score: those that changed, and all that have a template of which a run changed: they are held against each other.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
-- include: select/_workflow_step.sql
      FROM workflow_history h, (SELECT history_seen($4) AS seen) pass
     WHERE adw_id > coalesce($6::text, '') AND $5::jsonb IS NOT NULL
       AND (pass.seen IS NULL OR h.content_xid >= pass.seen OR workflow_template = ANY (ARRAY(
            SELECT DISTINCT workflow_template FROM workflow_history, (SELECT history_seen($4) AS seen) pass WHERE
-- include: select/_changed.sql
            )))
     ORDER BY adw_id LIMIT $7::bigint)
-- include: select/_pass.sql
-- include: queue/_plan_step.sql
