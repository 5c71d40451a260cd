-- links-to-rescan: those that are due. The argument age_ms is the configuration's rescan.age.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
-- include: select/_link_step.sql
     CROSS JOIN (SELECT coalesce(($5::jsonb ->> 'age_ms')::bigint, 3600000) * interval '1 millisecond' AS length) age
-- include: select/_after_cursor.sql
-- include: select/_link_is_due.sql
     ORDER BY app_id, repository_id LIMIT $7::bigint)
-- include: queue/_plan_step.sql
