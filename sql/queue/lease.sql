-- name: checkpoint_fence
-- $1 operation, $2 seq, $3 attempt, $4 exclusive key, $5 what to remember (null = as before). Returns the operation's state.
SELECT checkpoint_fence($1, $2, $3, $4, $5::jsonb)

-- name: claim
-- $1 operation, $2 seq, $3 attempt as loaded, $4 exclusive key, $5 worker. Returns the new attempt.
SELECT claim($1, $2, $3, $4, $5)

-- name: release
-- Gives a lease back where nothing else is to be written: paused, cancelled, drained. No error if it is gone.
-- $1 operation, $2 seq, $3 attempt, $4 exclusive key
DELETE FROM exclusive WHERE key = $4 AND operation_id = $1 AND seq = $2 AND attempt = $3

-- name: release_held
-- Part of a settle or a retry of an exclusive job: RP002 if the lease is another's.   $1 operation, $2 seq, $3 attempt, $4 key
SELECT release_held($1, $2, $3, $4)

-- name: release_worker
-- What a dead worker process held. Its id was never used before and never will be again.   $1 worker
DELETE FROM exclusive WHERE worker = $1 RETURNING operation_id, seq

-- name: suspects_of
-- The jobs that a dead worker had loaded as due.   $1 operation, $2 worker, $3 at most
SELECT seq FROM job WHERE operation_id = $1 AND run_at > now() AND worker = $2 ORDER BY run_at LIMIT $3

-- name: touch
-- Keeps a lease, and tells the operation's state on the way.   $1 operation, $2 seq, $3 attempt, $4 exclusive key
SELECT touch($1, $2, $3, $4), (SELECT state FROM tally WHERE operation_id = $1)
