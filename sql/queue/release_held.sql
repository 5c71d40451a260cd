-- Part of a settle or a retry of an exclusive job: RP002 if the lease is another's.   $1 operation, $2 seq, $3 attempt, $4 key
SELECT release_held($1, $2, $3, $4)
