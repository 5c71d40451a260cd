-- $1 operation
SELECT share_tally($1, false)
