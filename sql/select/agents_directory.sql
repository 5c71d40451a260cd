-- agents-directory: the one job that lists it.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
WITH numbered AS (
    SELECT 'agents' AS key, 'agents' AS "cursor", 1::bigint AS n
     WHERE $6::text IS NULL AND $5::jsonb IS NOT NULL AND $7::bigint > 0)
-- include: queue/_plan_step.sql
