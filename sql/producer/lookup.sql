-- name: app_find
-- An id counts before a name; two rows are enough to say that a name is not unique.   $1 id or name
SELECT app_id FROM apps
 WHERE app_id = $1 OR (app_name = $1 AND NOT EXISTS (SELECT 1 FROM apps WHERE app_id = $1))
 ORDER BY app_id LIMIT 2

-- name: only_outcome
-- What became of an operation's one job.   $1 operation
SELECT seq, operation_id || '/' || seq AS job_id, kind, key, outcome, attempt, error, result
  FROM job_outcome WHERE operation_id = $1 ORDER BY seq LIMIT 1

-- name: jobs_under_way
-- The open jobs of an operation that remember files, with how many are done: of a large operation only those that a worker holds.
-- $1 operation, $2 it is a small one, $3 at most so many
SELECT seq, (checkpoint ->> 'done')::bigint, (checkpoint ->> 'total')::bigint
  FROM job
 WHERE operation_id = $1 AND ($2 OR seq = ANY (ARRAY(SELECT e.seq FROM exclusive e WHERE e.operation_id = $1)))
   AND (checkpoint ->> 'total')::bigint > 0
 ORDER BY seq LIMIT $3

-- name: lease_waited_for
-- Another operation that holds what a job of this one needs, while none of this one's own runs.   $1 operation
SELECT e.operation_id, j.key
  FROM exclusive e JOIN job j ON j.key = e.key AND j.operation_id = $1
 WHERE e.operation_id <> $1 AND e.touched_at > now() - interval '50 seconds'
   AND NOT EXISTS (SELECT 1 FROM exclusive own WHERE own.operation_id = $1)
 ORDER BY e.touched_at DESC LIMIT 1

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
