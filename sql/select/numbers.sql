-- numbers: the keys '1' … args.count, for noop jobs.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
WITH numbered AS (
    SELECT i::text AS key, i::text AS "cursor", n
      FROM generate_series(coalesce($6::bigint, 0) + 1,
                           least(coalesce($6::bigint, 0) + $7::bigint, ($5::jsonb ->> 'count')::bigint))
           WITH ORDINALITY AS g (i, n))
-- include: queue/_plan_step.sql
