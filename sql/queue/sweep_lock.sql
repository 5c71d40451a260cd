-- $1 name of the step
SELECT pg_try_advisory_xact_lock(hashtextextended('sweep ' || $1, 0))
