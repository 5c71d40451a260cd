-- name: app_answers
-- The app answers a delivery: its other links that failed because it was away are due. A link that is locked is being settled.
-- $1 app, $2 repository
UPDATE app_repositories SET answered_at = now()
 WHERE ctid = ANY (ARRAY(SELECT ctid FROM app_repositories
                          WHERE app_id = $1 AND repository_id <> $2 AND result = 'failed' AND away_since IS NOT NULL
                            AND (answered_at > last_scanned_at) IS NOT TRUE
                            FOR NO KEY UPDATE SKIP LOCKED))

-- name: clear_link
-- $1 app, $2 repository
UPDATE app_repositories
   SET synced_commit = NULL, synced_tree_id = NULL, files = NULL, bytes = NULL, retry_count = 0, last_error = NULL,
       withheld = NULL, withheld_limits = NULL, failed_scans = 0, away_since = NULL, answered_at = NULL
 WHERE app_id = $1 AND repository_id = $2

-- name: failed
-- $1 app, $2 repository, $3 error, $4 whether the app is away
UPDATE app_repositories
   SET result = 'failed', last_scanned_at = now(), retry_count = retry_count + 1, last_error = $3, failed_scans = failed_scans + 1,
       away_since = CASE WHEN $4::boolean THEN coalesce(away_since, now()) END
 WHERE app_id = $1 AND repository_id = $2

-- name: fold_sums
-- Adds up what changes of links have left in their sums, a step at a time.
SELECT link_fold(20000)

-- name: link
-- All that a job needs of its link. Times are Unix microseconds of the server's clock.   $1 app, $2 repository
SELECT a.base_url, a.client_auth_key_encrypted, l.github_token_encrypted, r.url, r.owner, r.name, r.branch,
       l.synced_commit, l.synced_tree_id, l.files, l.bytes,
       EXISTS (SELECT 1 FROM deliveries d WHERE d.app_id = l.app_id AND d.repository_id = l.repository_id),
       r.consecutive_failures, (extract(epoch FROM r.circuit_open_until) * 1000000)::bigint,
       (extract(epoch FROM now()) * 1000000)::bigint, l.incarnation, l.withheld, l.withheld_limits
  FROM app_repositories l
  JOIN apps a USING (app_id)
  JOIN repositories r USING (repository_id)
 WHERE l.app_id = $1 AND l.repository_id = $2

-- name: share_link
-- The link is there still, and stays until the transaction ends; else RP404.   $1 app, $2 repository, $3 incarnation
SELECT share_link($1, $2, $3)

-- name: synced
-- $1 app, $2 repository, $3 commit, $4 tree, $5 files, $6 bytes, $7 incarnation, $8 what was
-- not sent (NULL = nothing), $9 by which limits
UPDATE app_repositories
   SET result = 'synced', last_scanned_at = now(), retry_count = 0, last_error = $8, withheld = $8, withheld_limits = $9, synced_commit = $3,
       synced_tree_id = $4, files = $5, bytes = $6, failed_scans = 0, away_since = NULL, answered_at = NULL
 WHERE app_id = $1 AND repository_id = $2 AND incarnation = $7

-- name: totals
-- $1 app, $2 repository
SELECT count(*), coalesce(sum(size), 0)::bigint FROM deliveries WHERE app_id = $1 AND repository_id = $2

-- name: tried
-- A failed try with tries left.   $1 app, $2 repository, $3 error
UPDATE app_repositories SET retry_count = retry_count + 1, last_error = $3 WHERE app_id = $1 AND repository_id = $2

-- name: unsync
-- The first change of an attempt: from here on the deliveries equal no tree.   $1 app, $2 repository
UPDATE app_repositories SET synced_tree_id = NULL WHERE app_id = $1 AND repository_id = $2 AND synced_tree_id IS NOT NULL

-- name: waits
-- Put off: no try is used.   $1 app, $2 repository, $3 why
UPDATE app_repositories SET last_error = $3 WHERE app_id = $1 AND repository_id = $2
