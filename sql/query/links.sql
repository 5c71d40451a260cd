-- name: _link
SELECT s.app_id AS cursor_1, s.repository_id AS cursor_2,
       s.app_id || '/' || s.repository_id AS link_id, s.app_id, a.app_name, s.repository_id,
       s.owner, s.name, s.owner || '/' || s.name AS repository, s.url, s.branch, s.status, s.last_error, s.retry_count,
       s.files, s.bytes, s.synced_commit, s.github_token_encrypted IS NOT NULL AS has_token, s.circuit_open,
       s.consecutive_failures,
       to_char(s.last_scanned_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS last_scanned_at,
       (extract(epoch FROM now() - s.last_scanned_at) * 1000)::bigint AS scanned_ago_ms,
       to_char(s.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at
  FROM page JOIN link_status s USING (app_id, repository_id) JOIN apps a USING (app_id)
 ORDER BY s.app_id, s.repository_id

-- name: links
-- Links by the stored result. The page is cut first, so that the word is derived only for its rows.
-- $1 limit, $2 offset, $3, $4 after this app and repository, $5 app, $6 result, $7 pattern of owner/name or URL (null = any)
WITH page AS (
    SELECT l.app_id, l.repository_id FROM app_repositories l
     WHERE ($4::text IS NULL OR (l.app_id, l.repository_id) > ($3::text, $4))
       AND ($5::text IS NULL OR l.app_id = $5) AND ($6::text IS NULL OR l.result = $6)
       AND ($7::text IS NULL OR l.repository_id IN (SELECT r.repository_id FROM repositories r
                                        WHERE r.search LIKE lower($7)))
     ORDER BY l.app_id, l.repository_id LIMIT $1 OFFSET $2)
-- include: query/_link

-- name: links_failed
-- Links whose last try failed. The page is cut first: what is passed over is read from an index alone.
-- $1 limit, $2 offset, $3, $4 after this app and repository, $5 app (null = all)
WITH page AS MATERIALIZED (
    SELECT l.app_id, l.repository_id FROM app_repositories l
     WHERE l.result = 'failed' AND ($4::text IS NULL OR (l.app_id, l.repository_id) > ($3::text, $4))
       AND ($5::text IS NULL OR l.app_id = $5)
     ORDER BY l.app_id, l.repository_id LIMIT $1 OFFSET $2)
SELECT l.app_id AS cursor_1, l.repository_id AS cursor_2,
       l.app_id, a.app_name, l.repository_id, r.owner || '/' || r.name AS repository, r.url, l.last_error AS error,
       l.retry_count, to_char(l.last_scanned_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS failed_at,
       (extract(epoch FROM now() - l.last_scanned_at) * 1000)::bigint AS failed_ago_ms
  FROM page JOIN app_repositories l USING (app_id, repository_id) JOIN apps a USING (app_id)
  JOIN repositories r USING (repository_id)
 ORDER BY l.app_id, l.repository_id

-- name: links_pending
-- Links that were never sent or have an open job in a live operation. A job's key is app/repository, so that both parts
-- come in the order of the list.
-- $1 limit, $2 offset, $3, $4 after this app and repository, $5 app (null = any), $6 unused, $7 pattern (null = any)
WITH named AS MATERIALIZED (
    SELECT repository_id FROM repositories WHERE $7::text IS NOT NULL AND search LIKE lower($7)),
never AS (
    SELECT l.app_id, l.repository_id FROM app_repositories l
     WHERE l.result = 'never' AND ($4::text IS NULL OR (l.app_id, l.repository_id) > ($3::text, $4))
       AND ($5::text IS NULL OR l.app_id = $5) AND $6::text IS NOT DISTINCT FROM $6
       AND ($7::text IS NULL OR l.repository_id IN (TABLE named))
     ORDER BY l.app_id, l.repository_id LIMIT $1::bigint + $2::bigint),
live AS (SELECT ARRAY(SELECT operation_id FROM tally WHERE state IN ('running', 'paused')) AS operations),
asked AS ( -- along the index on keys, from which the rest is read only until the page is full
    SELECT j.key FROM job j
     WHERE j.kind IN ('resync', 'snapshot') AND j.operation_id = ANY ((SELECT operations FROM live)::text[])
       AND j.key > coalesce($3::text || '/' || $4, $5::text || '/', 'app_')
       AND ($5::text IS NULL OR j.key < $5 || '0') -- '0' stands behind '/'
     ORDER BY j.key OFFSET 0),
found AS MATERIALIZED ( -- few that are searched for lie far apart among the jobs: these are looked up one by one
    SELECT l.app_id, l.repository_id FROM named CROSS JOIN LATERAL (
           SELECT l.app_id, l.repository_id FROM app_repositories l
            WHERE l.repository_id = named.repository_id AND ($5::text IS NULL OR l.app_id = $5) OFFSET 0) l
     LIMIT 2001),
open AS (
    SELECT DISTINCT ON (asked.key) l.app_id, l.repository_id
      FROM asked CROSS JOIN LATERAL (
           SELECT l.app_id, l.repository_id FROM app_repositories l
            WHERE l.app_id = split_part(asked.key, '/', 1) AND l.repository_id = split_part(asked.key, '/', 2)
              AND ($7::text IS NULL OR l.repository_id IN (TABLE named)) OFFSET 0) l
     WHERE $7::text IS NULL OR (SELECT count(*) FROM found) > 2000
     ORDER BY asked.key LIMIT $1::bigint + $2::bigint),
open_found AS (
    SELECT f.app_id, f.repository_id FROM found f
     WHERE (SELECT count(*) FROM found) <= 2000 AND ($4::text IS NULL OR (f.app_id, f.repository_id) > ($3::text, $4))
       AND EXISTS (SELECT 1 FROM job j WHERE j.key = f.app_id || '/' || f.repository_id AND j.kind IN ('resync', 'snapshot')
                                         AND j.operation_id = ANY ((SELECT operations FROM live)::text[]) OFFSET 0)),
page AS (
    SELECT app_id, repository_id FROM (TABLE never UNION TABLE open UNION TABLE open_found) both_kinds
     ORDER BY app_id, repository_id LIMIT $1 OFFSET $2)
-- include: query/_link

-- name: links_scanning
-- Links that a worker works on: their leases are few.
-- $1 limit, $2 offset, $3, $4 after this app and repository, $5 app (null = any), $6 unused, $7 pattern (null = any)
WITH page AS (
    SELECT l.app_id, l.repository_id
      FROM exclusive e
      JOIN app_repositories l ON l.app_id = split_part(e.key, '/', 1) AND l.repository_id = split_part(e.key, '/', 2)
      JOIN tally t ON t.operation_id = e.operation_id AND t.state IN ('running', 'paused')
      JOIN repositories r ON r.repository_id = l.repository_id
     WHERE e.touched_at > now() - interval '50 seconds' AND ($4::text IS NULL OR (l.app_id, l.repository_id) > ($3::text, $4))
       AND ($5::text IS NULL OR l.app_id = $5) AND $6::text IS NOT DISTINCT FROM $6
       AND ($7::text IS NULL OR r.search LIKE lower($7))
     ORDER BY l.app_id, l.repository_id LIMIT $1 OFFSET $2)
-- include: query/_link
