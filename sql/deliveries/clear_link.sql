-- $1 app, $2 repository
UPDATE app_repositories
   SET synced_commit = NULL, synced_tree_id = NULL, files = NULL, bytes = NULL, retry_count = 0, last_error = NULL,
       withheld = NULL, withheld_limits = NULL
 WHERE app_id = $1 AND repository_id = $2
