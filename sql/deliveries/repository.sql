-- name: count_files
-- Files for which an app answered, in the transaction that records them.   $1 how many
INSERT INTO activity_fresh (minute, kind, succeeded, failed, skipped) VALUES (date_trunc('minute', now()), 'file', $1, 0, 0)

-- name: fetch_failed
-- Counts a failed fetch, also where others count at the same time. Returns the count, and until when the circuit is open (Unix
-- microseconds) and whether this failure opened it.   $1 repository, $2 threshold, $3 cool-down in ms
WITH before AS (SELECT repository_id, coalesce(circuit_open_until > now(), false) AS was_open
                  FROM repositories WHERE repository_id = $1 FOR UPDATE)
UPDATE repositories r
   SET consecutive_failures = least(r.consecutive_failures, 2147483646) + 1, updated_at = now(),
       circuit_open_until = CASE WHEN r.consecutive_failures + 1 >= $2::integer
                                 THEN now() + $3::bigint * interval '1 millisecond' ELSE r.circuit_open_until END
  FROM before WHERE r.repository_id = before.repository_id
RETURNING r.consecutive_failures, (extract(epoch FROM r.circuit_open_until) * 1000000)::bigint,
          r.consecutive_failures >= $2::integer AND NOT before.was_open

-- name: fetch_succeeded
-- $1 repository
UPDATE repositories SET consecutive_failures = 0, circuit_open_until = NULL, updated_at = now()
 WHERE repository_id = $1 AND (consecutive_failures <> 0 OR circuit_open_until IS NOT NULL)

-- name: keep_snapshot
-- Nothing, if the repository has been removed.   $1 repository, $2 commit, $3 tree, $4 branch
INSERT INTO repository_snapshots AS s (repository_id, commit_sha, tree_id, branch)
SELECT repository_id, $2, $3, $4 FROM repositories WHERE repository_id = $1 FOR KEY SHARE
    ON CONFLICT (repository_id) DO UPDATE
   SET commit_sha = excluded.commit_sha, tree_id = excluded.tree_id, branch = excluded.branch, scanned_at = now()

-- name: watchers
-- The apps that watch a repository, in pages.   $1 repository, $2 after this app, $3 at most
SELECT a.app_id, a.base_url, a.client_auth_key_encrypted, l.retry_count
  FROM app_repositories l JOIN apps a USING (app_id)
 WHERE l.repository_id = $1 AND l.app_id > $2 ORDER BY l.app_id LIMIT $3::bigint
