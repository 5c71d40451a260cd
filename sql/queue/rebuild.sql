-- name: installation
-- Which installation this is, and where its database lives.
SELECT installation || '@' || database_home() FROM store_state

-- name: rebuild_lock
SELECT pg_advisory_xact_lock(hashtextextended('rebuild', 0))

-- name: store_state_begin_again
-- After a rebuild.   $1 the counter of beats that Redis goes on from   $2 the run that it told, '' = none
UPDATE store_state SET beats = $1, redis_run = coalesce(nullif($2, ''), redis_run)

-- name: store_state_get
SELECT epoch, beats, coalesce(redis_run, '') FROM store_state

-- name: store_state_remember
-- $1 the counter of beats as Redis gave it   $2 the run that it told, '' = none
UPDATE store_state SET beats = greatest(beats, $1), redis_run = coalesce(nullif($2, ''), redis_run)
WHERE beats < $1 OR redis_run IS DISTINCT FROM nullif($2, '')
