-- What the app answered for. $1 app, $2 repository, then arrays: $3 digests of paths, $4 paths, $5 shas, $6 blobs, $7 sizes
INSERT INTO deliveries AS d (app_id, repository_id, path_sha256, file_path, file_sha, blob_id, size)
SELECT $1, $2, f.* FROM unnest($3::bytea[], $4::text[], $5::text[], $6::text[], $7::bigint[]) AS f
    ON CONFLICT (app_id, repository_id, path_sha256) DO UPDATE
   SET file_sha = excluded.file_sha, blob_id = excluded.blob_id, size = excluded.size, delivered_at = now()
