-- name: app_find
-- An id counts before a name; two rows are enough to say that a name is not unique.   $1 id or name
SELECT app_id FROM apps
 WHERE app_id = $1 OR (app_name = $1 AND NOT EXISTS (SELECT 1 FROM apps WHERE app_id = $1))
 ORDER BY app_id LIMIT 2

-- name: only_outcome
-- What became of an operation's one job.   $1 operation
SELECT seq, operation_id || '/' || seq AS job_id, kind, key, outcome, attempt, error, result
  FROM job_outcome WHERE operation_id = $1 ORDER BY seq LIMIT 1

-- name: only_progress
-- How far an operation's one open job is, if it remembers files; their total is null until it is known.   $1 operation
SELECT (checkpoint ->> 'done')::bigint, nullif((checkpoint ->> 'total')::bigint, 0)
  FROM job WHERE operation_id = $1 AND checkpoint ? 'total' ORDER BY seq LIMIT 1

-- name: repository_find
-- Among what the app watches: an id or URL counts before owner/name.   $1 app, $2 id, URL or owner/name
WITH exact AS (
    SELECT r.repository_id FROM repositories r JOIN app_repositories l USING (repository_id)
     WHERE l.app_id = $1 AND (r.repository_id = $2 OR r.url = $2))
SELECT repository_id FROM exact
UNION ALL
SELECT r.repository_id FROM app_repositories l JOIN repositories r USING (repository_id)
 WHERE l.app_id = $1 AND r.owner || '/' || r.name = $2 AND NOT EXISTS (SELECT 1 FROM exact)
 ORDER BY 1 LIMIT 2
