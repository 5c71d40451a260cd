-- runs-to-compare, with one another: those that changed, and those whose lists hold one that changed or is gone. Whose list a
-- changed one enters its own job finds out (worker/run/similar.c).
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
-- include: select/_due.sql
, holders AS (
    SELECT h.adw_id
      FROM workflow_history h
     CROSS JOIN LATERAL jsonb_array_elements(h.similar_workflows) AS one
      LEFT JOIN workflow_history other ON other.id = (one ->> 'id')::bigint
     WHERE (SELECT seen FROM pass) IS NOT NULL
       AND (other.id IS NULL OR other.id IN (SELECT id FROM changed))),
due AS (
    SELECT adw_id FROM changed UNION SELECT adw_id FROM holders
    UNION SELECT adw_id FROM workflow_history WHERE (SELECT seen FROM pass) IS NOT NULL AND similar_workflows IS NULL),
-- include: select/_due_step.sql
-- include: select/_pass.sql
-- include: queue/_plan_step.sql
