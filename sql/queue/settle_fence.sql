-- The fence of a settle: only the promises deleted here are ours. One table, one range, no join: on an empty table the planner
-- prepares a join that later reads a million rows, or compares a thousand with a thousand, for each chunk (both tried).
-- $1 operation, $2 lowest seq, $3 highest seq, $4 the attempt of each seq of that range, from $2 on; -1 = not ours
DELETE FROM job
 WHERE operation_id = $1 AND seq BETWEEN $2 AND $3 AND attempt = ($4::integer[])[(seq - $2 + 1)::integer]
RETURNING seq
