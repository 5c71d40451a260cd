-- definitions: all of them at once, for a re-sync of definitions. One job, whose key is a lease too: two take turns.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
WITH numbered AS (
    SELECT 'definitions' AS key, 'definitions' AS "cursor", 1 AS n
     WHERE $6::text IS NULL AND $7::bigint > 0 AND $5::jsonb IS NOT NULL)
-- include: queue/_plan_step.sql
