-- The row stays locked until the link is written, so that nobody removes it as unused meanwhile.
-- $1 id, $2 URL, $3 owner, $4 name, $5 branch (null = HEAD), $6 private
INSERT INTO repositories AS r (repository_id, url, owner, name, branch, is_private) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (url) DO UPDATE SET is_private = r.is_private OR excluded.is_private, updated_at = now()
RETURNING repository_id, branch
