-- Keeps a lease, and tells the operation's state on the way.   $1 operation, $2 seq, $3 attempt, $4 exclusive key
SELECT touch($1, $2, $3, $4), (SELECT state FROM tally WHERE operation_id = $1)
