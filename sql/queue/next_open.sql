-- The cursor jumps over settled ranges.   $1 operation, $2 last seq looked at
SELECT coalesce((SELECT seq FROM job WHERE operation_id = $1 AND seq > $2 ORDER BY seq LIMIT 1),
                (SELECT last_seq + 1 FROM tally WHERE operation_id = $1))
