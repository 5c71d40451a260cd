-- Repositories that nobody watches.   $1 after this one
SELECT repository_id FROM repositories r
 WHERE repository_id > $1 AND NOT EXISTS (SELECT 1 FROM app_repositories l WHERE l.repository_id = r.repository_id)
 ORDER BY repository_id LIMIT 500
