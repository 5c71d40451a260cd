-- The paths that other attempts announced and that no settle as synced has removed since: nobody knows what the app holds
-- there. The sha is one that it may hold.   $1 app, $2 repository, $3 operation, $4 seq, $5 attempt
SELECT DISTINCT ON (path_sha256) path_sha256, file_path, file_sha
  FROM delivery_intents
 WHERE app_id = $1 AND repository_id = $2
   AND (operation_id, seq, attempt) <> ($3, $4::bigint, $5::integer)
 ORDER BY path_sha256, verb <> 'delete' DESC, operation_id DESC, seq DESC, attempt DESC
