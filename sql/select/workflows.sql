-- workflows: those that the arguments name, the set that the list of runs shows with the same filter.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
-- include: select/_workflow_step.sql
      FROM (
-- include: select/_workflow_asked.sql ARGS=$5
           ) wanted, workflow_history h
     WHERE adw_id > coalesce($6::text, '') AND
-- include: select/_workflow_wanted.sql ARGS=$5
     ORDER BY adw_id LIMIT $7::bigint)
-- include: queue/_plan_step.sql
