-- $1 app, $2 repository
DELETE FROM app_repositories WHERE app_id = $1 AND repository_id = $2
