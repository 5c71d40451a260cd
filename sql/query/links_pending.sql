-- Links that were never sent or have an open job in a live operation. A job's key is app/repository, so that both parts
-- come in the order of the list.
-- $1 limit, $2 offset, $3, $4 after this app and repository, $5 app (null = any), $6 unused, $7 pattern (null = any)
WITH never AS (
    SELECT l.app_id, l.repository_id FROM app_repositories l
     WHERE l.result = 'never' AND ($4::text IS NULL OR (l.app_id, l.repository_id) > ($3::text, $4))
       AND ($5::text IS NULL OR l.app_id = $5) AND $6::text IS NOT DISTINCT FROM $6
       AND ($7::text IS NULL OR l.repository_id IN (SELECT r.repository_id FROM repositories r
                                        WHERE (r.owner || '/' || r.name ILIKE $7 OR r.url ILIKE $7)))
     ORDER BY l.app_id, l.repository_id LIMIT $1::bigint + $2::bigint),
open AS (
    SELECT DISTINCT ON (j.key) l.app_id, l.repository_id
      FROM job j
      JOIN tally t ON t.operation_id = j.operation_id AND t.state IN ('running', 'paused')
      JOIN app_repositories l ON l.app_id = split_part(j.key, '/', 1) AND l.repository_id = split_part(j.key, '/', 2)
     WHERE j.kind IN ('resync', 'snapshot') AND j.key > coalesce($3::text || '/' || $4, $5::text || '/', 'app_')
       AND ($5::text IS NULL OR j.key < $5 || '0') -- '0' stands behind '/'
       AND ($7::text IS NULL OR l.repository_id IN (SELECT r.repository_id FROM repositories r
                                        WHERE (r.owner || '/' || r.name ILIKE $7 OR r.url ILIKE $7)))
     ORDER BY j.key LIMIT $1::bigint + $2::bigint),
page AS (
    SELECT app_id, repository_id FROM (TABLE never UNION TABLE open) both_kinds
     ORDER BY app_id, repository_id LIMIT $1 OFFSET $2)
-- include: query/_link.sql
