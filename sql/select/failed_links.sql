-- failed-links: those of all apps.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
-- include: select/_link_step.sql
-- include: select/_after_cursor.sql
       AND result = 'failed' AND $5::jsonb IS NOT NULL
     ORDER BY app_id, repository_id LIMIT $7::bigint)
-- include: queue/_plan_step.sql
