-- $1 the counter of beats as Redis gave it   $2 the run that it told, '' = none
UPDATE store_state SET beats = greatest(beats, $1), redis_run = coalesce(nullif($2, ''), redis_run)
WHERE beats < $1 OR redis_run IS DISTINCT FROM nullif($2, '')
