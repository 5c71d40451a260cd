-- name: announce
-- Repeated where the answer to its commit was lost.   $1 app, $2 repository, $3 operation, $4 seq, $5 attempt, then arrays:
-- $6 digests of paths, $7 paths, $8 verbs, $9 shas
INSERT INTO delivery_intents (app_id, repository_id, operation_id, seq, attempt, path_sha256, file_path, verb, file_sha)
SELECT $1, $2, $3, $4, $5, i.* FROM unnest($6::bytea[], $7::text[], $8::text[], $9::text[]) AS i
    ON CONFLICT DO NOTHING

-- name: clear_deliveries
-- A re-sync forgets what the app was sent.   $1 app, $2 repository
DELETE FROM deliveries WHERE app_id = $1 AND repository_id = $2

-- name: held
-- What the app holds of some paths, each looked up by itself.   $1 app, $2 repository, $3 digests of paths
SELECT d.path_sha256, d.blob_id, d.file_sha
  FROM unnest($3::bytea[]) AS asked (digest)
 CROSS JOIN LATERAL (SELECT path_sha256, blob_id, file_sha FROM deliveries
                      WHERE app_id = $1 AND repository_id = $2 AND path_sha256 = asked.digest OFFSET 0) d

-- name: held_page
-- All that the app holds, in pages.   $1 app, $2 repository, $3 after this digest, $4 at most
SELECT path_sha256, file_path, blob_id, file_sha FROM deliveries
 WHERE app_id = $1 AND repository_id = $2 AND path_sha256 > $3::bytea ORDER BY path_sha256 LIMIT $4::bigint

-- name: other_intents
-- The paths that other attempts announced and that no settle as synced has removed since: it is not known what the app holds
-- there. The sha is one that it may hold.   $1 app, $2 repository, $3 operation, $4 seq, $5 attempt
SELECT DISTINCT ON (path_sha256) path_sha256, file_path, file_sha
  FROM delivery_intents
 WHERE app_id = $1 AND repository_id = $2
   AND (operation_id, seq, attempt) <> ($3, $4::bigint, $5::integer)
 ORDER BY path_sha256, verb <> 'delete' DESC, operation_id DESC, seq DESC, attempt DESC

-- name: record_deleted
-- Each path is looked up by itself (settle_fence_scattered says why).   $1 app, $2 repository, $3 digests of paths
DELETE FROM deliveries
 WHERE ctid = ANY (ARRAY(SELECT one.ctid FROM unnest($3::bytea[]) AS gone (digest)
                          CROSS JOIN LATERAL (SELECT ctid FROM deliveries WHERE app_id = $1 AND repository_id = $2
                                                                            AND path_sha256 = gone.digest OFFSET 0) one))

-- name: record_sent
-- What the app answered for. $1 app, $2 repository, then arrays: $3 digests of paths, $4 paths, $5 shas, $6 blobs, $7 sizes
INSERT INTO deliveries AS d (app_id, repository_id, path_sha256, file_path, file_sha, blob_id, size, fingerprint, fingerprint_at)
SELECT $1, $2, f.*, delivery_fingerprint($1, $2, f.digest, f.path, f.sha, f.blob, f.size), now()
  FROM unnest($3::bytea[], $4::text[], $5::text[], $6::text[], $7::bigint[]) AS f (digest, path, sha, blob, size)
    ON CONFLICT (app_id, repository_id, path_sha256) DO UPDATE
   SET file_sha = excluded.file_sha, blob_id = excluded.blob_id, size = excluded.size, delivered_at = now(),
       fingerprint = delivery_fingerprint(d.app_id, d.repository_id, d.path_sha256, d.file_path, excluded.file_sha, excluded.blob_id,
                                          excluded.size), fingerprint_at = now()

-- name: recorded_intents
-- What is recorded is in doubt no more, whichever attempt announced it: while we hold the lease, no older request can be on its way. (Were the
-- intents of other attempts kept until a settle as synced, each attempt would send all of them again, and an app that fails now and
-- then would never be done with.)   $1 app, $2 repository, $3 digests of paths
-- Each path is looked up by itself (settle_fence_scattered says why).
DELETE FROM delivery_intents
 WHERE ctid = ANY (ARRAY(SELECT one.ctid FROM unnest($3::bytea[]) AS recorded (digest)
                          CROSS JOIN LATERAL (SELECT ctid FROM delivery_intents WHERE app_id = $1 AND repository_id = $2
                                                                            AND path_sha256 = recorded.digest OFFSET 0) one))

-- name: synced_intents
-- Only a settle as synced removes what other attempts announced: each of those paths has been sent.   $1 app, $2 repository
DELETE FROM delivery_intents WHERE app_id = $1 AND repository_id = $2
