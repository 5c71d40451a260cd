-- runs-to-compare: all, if any changed since the last pass of this kind: whoever changed may now stand in anybody's list, and
-- moves the means that others are held against.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
-- include: select/_workflow_step.sql
      FROM workflow_history h
     WHERE adw_id > coalesce($6::text, '') AND $5::jsonb IS NOT NULL
       AND EXISTS (SELECT 1 FROM workflow_history, (SELECT history_seen($4) AS seen) pass WHERE
-- include: select/_changed.sql
           )
     ORDER BY adw_id LIMIT $7::bigint)
-- include: select/_pass.sql
-- include: queue/_plan_step.sql
