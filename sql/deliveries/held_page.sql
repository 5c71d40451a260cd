-- All that the app holds, in pages.   $1 app, $2 repository, $3 after this digest, $4 at most
SELECT path_sha256, file_path, blob_id, file_sha FROM deliveries
 WHERE app_id = $1 AND repository_id = $2 AND path_sha256 > $3::bytea ORDER BY path_sha256 LIMIT $4::bigint
