-- Where the next step begins; no row: nothing is open from there on.   $1 operation, $2 removed up to this seq
SELECT seq FROM job WHERE operation_id = $1 AND seq > $2 ORDER BY seq LIMIT 1
