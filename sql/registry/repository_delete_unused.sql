-- Runs after repository_lock, so that it sees every link there is.   $1 repository
DELETE FROM repositories r
 WHERE repository_id = $1 AND NOT EXISTS (SELECT 1 FROM app_repositories l WHERE l.repository_id = r.repository_id)
