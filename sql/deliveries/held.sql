-- What the app holds of some paths.   $1 app, $2 repository, $3 digests of paths
SELECT path_sha256, blob_id, file_sha FROM deliveries
 WHERE app_id = $1 AND repository_id = $2 AND path_sha256 = ANY ($3::bytea[])
