-- Only while it is still what was read.   $1 app, $2 repository, $3 as read, $4 sealed anew
UPDATE app_repositories SET github_token_encrypted = $4
 WHERE app_id = $1 AND repository_id = $2 AND github_token_encrypted = $3
