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
