-- $1 app, $2 repository, $3 digests of paths
DELETE FROM deliveries WHERE app_id = $1 AND repository_id = $2 AND path_sha256 = ANY ($3::bytea[])
