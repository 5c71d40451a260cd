-- What the app answered for. $1 app, $2 repository, then arrays: $3 digests of paths, $4 paths, $5 shas, $6 blobs, $7 sizes
INSERT INTO deliveries AS d (app_id, repository_id, path_sha256, file_path, file_sha, blob_id, size, fingerprint, fingerprint_at)
SELECT $1, $2, f.*, delivery_fingerprint($1, $2, f.digest, f.path, f.sha, f.blob, f.size), now()
  FROM unnest($3::bytea[], $4::text[], $5::text[], $6::text[], $7::bigint[]) AS f (digest, path, sha, blob, size)
    ON CONFLICT (app_id, repository_id, path_sha256) DO UPDATE
   SET file_sha = excluded.file_sha, blob_id = excluded.blob_id, size = excluded.size, delivered_at = now(),
       fingerprint = delivery_fingerprint(d.app_id, d.repository_id, d.path_sha256, d.file_path, excluded.file_sha, excluded.blob_id,
                                          excluded.size), fingerprint_at = now()
