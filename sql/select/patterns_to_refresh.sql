-- patterns-to-refresh: those that a run which changed has or had, and those that a run is gone from. Where no pass counts:
-- every pattern that a run has or had.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
-- include: select/_due.sql
, used AS (
    SELECT min(pattern_signature) AS signature FROM workflow_history
     WHERE (SELECT count(*) FROM pass WHERE seen IS NULL) > 0 AND pattern_signature > ''
    UNION ALL
    SELECT (SELECT min(pattern_signature) FROM workflow_history h WHERE h.pattern_signature > used.signature)
      FROM used WHERE used.signature IS NOT NULL),
due AS (
    SELECT signature FROM used
    UNION SELECT pattern_signature FROM changed
    UNION SELECT p.signature FROM operation_patterns p, pass
     WHERE pass.seen IS NULL
        OR EXISTS (SELECT 1 FROM pattern_occurrences o JOIN changed c ON c.id = o.workflow_id WHERE o.pattern_id = p.id)
        OR p.occurrence_count <> (SELECT count(*) FROM pattern_occurrences o WHERE o.pattern_id = p.id)),
numbered AS (
    SELECT signature AS key, signature AS "cursor", row_number() OVER (ORDER BY signature) AS n
      FROM due WHERE signature > coalesce($6::text, '') AND $5::jsonb IS NOT NULL
     ORDER BY signature LIMIT $7::bigint)
-- include: select/_pass.sql
-- include: queue/_plan_step.sql
