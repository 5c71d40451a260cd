-- After a rebuild.   $1 the counter of beats that Redis goes on from   $2 the run that it told, '' = none
UPDATE store_state SET beats = $1, redis_run = coalesce(nullif($2, ''), redis_run)
