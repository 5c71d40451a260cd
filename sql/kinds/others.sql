-- name: _after_cursor
-- Pages follow the primary key, in the collation of its columns: the rows and the index agree on what comes next.
     WHERE (app_id, repository_id) > (coalesce(split_part($6::text, '/', 1), ''), coalesce(split_part($6::text, '/', 2), ''))

-- name: agents_directory
-- agents-directory: the one job that lists it.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
WITH numbered AS (
    SELECT 'agents' AS key, 'agents' AS "cursor", 1::bigint AS n
     WHERE $6::text IS NULL AND $5::jsonb IS NOT NULL AND $7::bigint > 0)
-- include: queue/_plan_step

-- name: cost_webhooks
-- cost-webhooks: changes of costs that are still to be told, the oldest first.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
WITH numbered AS (
    SELECT id::text AS key, id::text AS "cursor", row_number() OVER (ORDER BY id) AS n
      FROM cost_webhook WHERE id > coalesce($6::text, '0')::bigint AND $5::jsonb IS NOT NULL
     ORDER BY id LIMIT $7::bigint)
-- include: queue/_plan_step

-- name: definitions
-- definitions: all of them at once, for a re-sync of definitions. One job, whose key is a lease too: two take turns.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
WITH numbered AS (
    SELECT 'definitions' AS key, 'definitions' AS "cursor", 1 AS n
     WHERE $6::text IS NULL AND $7::bigint > 0 AND $5::jsonb IS NOT NULL)
-- include: queue/_plan_step

-- name: numbers
-- numbers: the keys '1' … args.count, for noop jobs.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
WITH numbered AS (
    SELECT i::text AS key, i::text AS "cursor", n
      FROM generate_series(coalesce($6::bigint, 0) + 1,
                           least(coalesce($6::bigint, 0) + $7::bigint, ($5::jsonb ->> 'count')::bigint))
           WITH ORDINALITY AS g (i, n))
-- include: queue/_plan_step
