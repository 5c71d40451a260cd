-- failed-links-of-app: those of the app that the arguments name.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
-- include: select/_link_step.sql
     WHERE app_id = $5::jsonb ->> 'app_id' AND repository_id > coalesce(split_part($6::text, '/', 2), '')
       AND result = 'failed'
     ORDER BY app_id, repository_id LIMIT $7::bigint)
-- include: queue/_plan_step.sql
