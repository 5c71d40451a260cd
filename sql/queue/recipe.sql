-- Phases whose selection and statement a definition brings along: reading it, planning from it, and running it by its own role.

-- name: recipe_items
-- Where the jobs of a phase come from: a selection's text, or the two ends of a range.   $1 digest, $2 phase, from 0
SELECT items ->> 'sql', (items #>> '{range,from}')::bigint, (items #>> '{range,to}')::bigint
  FROM (SELECT body::jsonb #> ARRAY['phases', $2::text, 'items'] AS items FROM definition_versions WHERE digest = $1) v

-- name: recipe_savepoint
SAVEPOINT recipe

-- name: recipe_rollback
ROLLBACK TO SAVEPOINT recipe

-- name: recipe_enter
-- $1 role, $2 statement_timeout in ms, $3 lock_timeout in ms
SELECT recipe_enter($1, $2, $3)

-- name: recipe_read_only
-- Until the savepoint is rolled back: a selection writes nothing, whatever it calls.
SET LOCAL transaction_read_only = on

-- name: recipe_constraints
-- What is deferred to the commit would run there by our own role, and fail there for no job of its own.
SET CONSTRAINTS ALL IMMEDIATE

-- name: recipe_leave
SELECT set_config('role', 'none', true), set_config('statement_timeout', current_setting('reprise.statement_timeout'), true),
       set_config('lock_timeout', current_setting('reprise.lock_timeout'), true),
       set_config('enable_seqscan', current_setting('reprise.enable_seqscan'), true),
       set_config('enable_nestloop', current_setting('reprise.enable_nestloop'), true),
       set_config('search_path', current_setting('reprise.search_path'), true)

-- name: recipe_plan_rows
-- A step of a selection's rows, in their order.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 keys, $6 items (null = none)
INSERT INTO job (operation_id, seq, phase, kind, key, item)
SELECT $1, $2 + n, $3, $4, key, item FROM unnest($5::text[], $6::text[]::jsonb[]) WITH ORDINALITY AS row (key, item, n)

-- name: recipe_plan_range
-- A step of a range of numbers.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 first number of this step, $6 last one
INSERT INTO job (operation_id, seq, phase, kind, key)
SELECT $1, $2 + n, $3, $4, number::text FROM generate_series($5::bigint, $6::bigint) WITH ORDINALITY AS row (number, n)
