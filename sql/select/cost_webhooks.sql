-- cost-webhooks: changes of costs that are still to be told, the oldest first.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
WITH numbered AS (
    SELECT id::text AS key, id::text AS "cursor", row_number() OVER (ORDER BY id) AS n
      FROM cost_webhook WHERE id > coalesce($6::text, '0')::bigint AND $5::jsonb IS NOT NULL
     ORDER BY id LIMIT $7::bigint)
-- include: queue/_plan_step.sql
