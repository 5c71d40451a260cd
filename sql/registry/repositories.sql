-- name: link_insert
-- $1 app, $2 URL, $3 sealed token (or null)
INSERT INTO app_repositories (app_id, repository_id, github_token_encrypted)
SELECT $1, repository_id, $3 FROM repositories WHERE url = $2
ON CONFLICT DO NOTHING RETURNING repository_id

-- name: link_remove_step
-- True once the link is gone, with all that the app was sent of it.   $1 app, $2 repository
SELECT remove_link_step($1, $2, 10000) < 10000

-- name: repositories_unused
-- Repositories that no app watches.   $1 after this one
SELECT repository_id FROM repositories r
 WHERE repository_id > $1 AND NOT EXISTS (SELECT 1 FROM app_repositories l WHERE l.repository_id = r.repository_id)
 ORDER BY repository_id LIMIT 500

-- name: repository_delete_unused
-- Runs after repository_lock, so that it sees every link there is.   $1 repository
DELETE FROM repositories r
 WHERE repository_id = $1 AND NOT EXISTS (SELECT 1 FROM app_repositories l WHERE l.repository_id = r.repository_id)

-- name: repository_insert
-- The row stays locked until the link is written, so that it is not removed as unused meanwhile.
-- $1 id, $2 URL, $3 owner, $4 name, $5 branch (null = HEAD), $6 private
INSERT INTO repositories AS r (repository_id, url, owner, name, branch, is_private) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (url) DO UPDATE SET is_private = r.is_private OR excluded.is_private, updated_at = now()
RETURNING repository_id, branch

-- name: repository_lock
-- $1 repository
SELECT 1 FROM repositories WHERE repository_id = $1 FOR UPDATE
