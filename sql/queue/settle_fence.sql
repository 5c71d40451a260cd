-- The fence of a settle: only the promises deleted here are ours.   $1 operation, $2 seqs (ascending), $3 attempts
DELETE FROM job USING unnest($2::bigint[], $3::integer[]) AS mine (seq, attempt)
 WHERE job.operation_id = $1 AND job.seq = mine.seq AND job.attempt = mine.attempt
RETURNING job.seq
