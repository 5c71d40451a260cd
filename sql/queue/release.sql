-- Gives a lease back where nothing else is to be written: paused, cancelled, drained. No error if it is gone.
-- $1 operation, $2 seq, $3 attempt, $4 exclusive key
DELETE FROM exclusive WHERE key = $4 AND operation_id = $1 AND seq = $2 AND attempt = $3
