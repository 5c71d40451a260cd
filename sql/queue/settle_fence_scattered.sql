-- The same where the seqs lie far apart (retries): each is looked up by itself, and OFFSET 0 keeps that so; the rows found are taken
-- by their place, with no other condition that an index could serve. Asked for all at once,
-- the planner that knows nothing of the table yet compares each job of the operation with each entry of the list (tried).
-- $1 operation, $2 seqs (ascending), $3 attempts
DELETE FROM job
 WHERE ctid = ANY (ARRAY(SELECT one.ctid FROM unnest($2::bigint[]) AS mine (seq)
                          CROSS JOIN LATERAL (SELECT ctid FROM job WHERE operation_id = $1 AND seq = mine.seq OFFSET 0) one))
   AND attempt = ($3::integer[])[array_position($2::bigint[], seq)]
RETURNING seq
