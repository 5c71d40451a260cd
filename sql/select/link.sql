-- link: the one that the arguments name.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
-- include: select/_link_step.sql
     WHERE app_id = $5::jsonb ->> 'app_id' AND repository_id = $5::jsonb ->> 'repository_id' AND $6::text IS NULL
     ORDER BY app_id, repository_id LIMIT $7::bigint)
-- include: queue/_plan_step.sql
