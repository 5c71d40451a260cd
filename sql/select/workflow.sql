-- workflow: the one that the arguments name.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
-- include: select/_workflow_step.sql
      FROM workflow_history WHERE adw_id = $5::jsonb ->> 'adw_id' AND $6::text IS NULL LIMIT $7::bigint)
-- include: queue/_plan_step.sql
