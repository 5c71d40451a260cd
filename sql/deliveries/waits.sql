-- Put off: no try is used.   $1 app, $2 repository, $3 why
UPDATE app_repositories SET last_error = $3 WHERE app_id = $1 AND repository_id = $2
