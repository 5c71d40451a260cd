-- $1 operation, $2 seq, $3 attempt, $4 exclusive key, $5 what to remember (null = as before). Returns the operation's state.
SELECT checkpoint_fence($1, $2, $3, $4, $5::jsonb)
