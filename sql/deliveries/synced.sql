-- $1 app, $2 repository, $3 commit, $4 tree, $5 files, $6 bytes, $7 incarnation, $8 what was
-- not sent (NULL = nothing), $9 by which limits
UPDATE app_repositories
   SET result = 'synced', last_scanned_at = now(), retry_count = 0, last_error = $8, withheld = $8, withheld_limits = $9, synced_commit = $3,
       synced_tree_id = $4, files = $5, bytes = $6
 WHERE app_id = $1 AND repository_id = $2 AND incarnation = $7
