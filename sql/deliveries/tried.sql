-- A failed try with tries left.   $1 app, $2 repository, $3 error
UPDATE app_repositories SET retry_count = retry_count + 1, last_error = $3 WHERE app_id = $1 AND repository_id = $2
