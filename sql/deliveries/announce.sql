-- Repeated where the answer to its commit was lost.   $1 app, $2 repository, $3 operation, $4 seq, $5 attempt, then arrays:
-- $6 digests of paths, $7 paths, $8 verbs, $9 shas
INSERT INTO delivery_intents (app_id, repository_id, operation_id, seq, attempt, path_sha256, file_path, verb, file_sha)
SELECT $1, $2, $3, $4, $5, i.* FROM unnest($6::bytea[], $7::text[], $8::text[], $9::text[]) AS i
    ON CONFLICT DO NOTHING
