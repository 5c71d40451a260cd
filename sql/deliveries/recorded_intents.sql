-- What is recorded is not announced any more.   $1 app, $2 repository, $3 operation, $4 seq, $5 attempt, $6 digests of paths
DELETE FROM delivery_intents
 WHERE app_id = $1 AND repository_id = $2 AND path_sha256 = ANY ($6::bytea[])
   AND operation_id = $3 AND seq = $4 AND attempt = $5
