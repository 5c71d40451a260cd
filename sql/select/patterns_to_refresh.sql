-- patterns-to-refresh: every pattern that a run has or had, if any run changed.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
WITH RECURSIVE used AS (
    SELECT min(pattern_signature) AS signature FROM workflow_history WHERE pattern_signature > coalesce($6::text, '')
    UNION ALL
    SELECT (SELECT min(pattern_signature) FROM workflow_history h WHERE h.pattern_signature > used.signature)
      FROM used WHERE used.signature IS NOT NULL),
numbered AS (
    SELECT signature AS key, signature AS "cursor", row_number() OVER (ORDER BY signature) AS n
      FROM (SELECT signature FROM used WHERE signature IS NOT NULL
            UNION SELECT signature FROM operation_patterns WHERE signature > coalesce($6::text, '')) s
     WHERE $5::jsonb IS NOT NULL
       AND EXISTS (SELECT 1 FROM workflow_history, (SELECT history_seen($4) AS seen) pass WHERE
-- include: select/_changed.sql
           )
     ORDER BY signature LIMIT $7::bigint)
-- include: select/_pass.sql
-- include: queue/_plan_step.sql
