-- $1 operation, $2 seq, $3 attempt as loaded, $4 exclusive key, $5 worker. Returns the new attempt.
SELECT claim($1, $2, $3, $4, $5)
