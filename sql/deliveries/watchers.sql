-- The apps that watch a repository, in pages.   $1 repository, $2 after this app, $3 at most
SELECT a.app_id, a.base_url, a.client_auth_key_encrypted, l.retry_count
  FROM app_repositories l JOIN apps a USING (app_id)
 WHERE l.repository_id = $1 AND l.app_id > $2 ORDER BY l.app_id LIMIT $3::bigint
