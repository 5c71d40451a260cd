-- Links that somebody works on: their leases are few.
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
-- include: query/_link.sql
