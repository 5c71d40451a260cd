-- One step of removing what a cancelled (or unplannable) operation leaves: its jobs go.   $1 operation, $2 at most
DELETE FROM job WHERE operation_id = $1
   AND seq = ANY (ARRAY(SELECT seq FROM job WHERE operation_id = $1 ORDER BY seq LIMIT $2 FOR UPDATE))
RETURNING seq, kind, key, checkpoint::text
