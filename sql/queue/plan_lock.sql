-- One planner of an operation at a time spares work; the guard is the cursor (plan_tally).   $1 operation
SELECT pg_try_advisory_xact_lock(hashtextextended('plan ' || $1, 0))
