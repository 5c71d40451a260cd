-- workflows: those of some statuses and times.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
-- include: select/_workflow_step.sql
      FROM (SELECT ARRAY(SELECT jsonb_array_elements_text(coalesce($5::jsonb -> 'status', '["completed", "failed"]')))
                   AS statuses,
                   history_instant($5::jsonb ->> 'from', false) AS first, history_instant($5::jsonb ->> 'to', true) AS last)
           wanted, workflow_history h
     WHERE adw_id > coalesce($6::text, '') AND
-- include: select/_workflow_wanted.sql
     ORDER BY adw_id LIMIT $7::bigint)
-- include: queue/_plan_step.sql
