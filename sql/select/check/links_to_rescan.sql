-- None due is no error: the next time there may be.   $1 args
SELECT 'repositories that are due', count(*), NULL::bigint, NULL::bigint, NULL::text, NULL::text
  FROM app_repositories l
 CROSS JOIN (SELECT coalesce(($1::jsonb ->> 'age_ms')::bigint, 3600000) * interval '1 millisecond' AS length) age
 WHERE true
-- include: select/_link_is_due.sql
