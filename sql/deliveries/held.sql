-- What the app holds of some paths, each looked up by itself.   $1 app, $2 repository, $3 digests of paths
SELECT d.path_sha256, d.blob_id, d.file_sha
  FROM unnest($3::bytea[]) AS asked (digest)
 CROSS JOIN LATERAL (SELECT path_sha256, blob_id, file_sha FROM deliveries
                      WHERE app_id = $1 AND repository_id = $2 AND path_sha256 = asked.digest OFFSET 0) d
