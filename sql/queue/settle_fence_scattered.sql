-- The same where the seqs lie far apart (retries): each is looked up by itself.
-- $1 operation, $2 seqs (ascending), $3 attempts
DELETE FROM job
 WHERE operation_id = $1 AND seq = ANY ($2::bigint[])
   AND attempt = ($3::integer[])[array_position($2::bigint[], seq)]
RETURNING seq
