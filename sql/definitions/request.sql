-- name: request_find_repetition
-- A running operation of the same definition and arguments of which no chunk has been loaded yet. Its tally is locked, so that
-- the first load waits until this request is answered.   $1 request key, $2 dry run
SELECT o.operation_id
  FROM operation o JOIN tally t USING (operation_id)
 WHERE o.request_key = $1 AND o.finished_at IS NULL AND o.dry_run = $2 AND t.state = 'running' AND t.loaded_at IS NULL
 ORDER BY o.created_at LIMIT 1 FOR UPDATE OF t

-- name: request_find_request
-- Whether a new operation may begin with this version, and an operation by its id, by the stamp of an inbox item that joined it,
-- or by its request id (either may be null). One row, whose last two columns are null where there is no such operation.
-- $1 operation id or stamp, $2 request id, $3 row of the definition, $4 digest
SELECT EXISTS (SELECT 1 FROM workflow_definitions
                WHERE id = $3 AND current_version = $4 AND status = 'active' AND file_exists),
       o.operation_id, o.request_key
  FROM (SELECT) AS one
  LEFT JOIN LATERAL (
       SELECT operation_id, request_key FROM operation
        WHERE operation_id = coalesce((SELECT a.operation_id FROM operation_alias a WHERE stamp = $1), $1) OR request_id = $2
        ORDER BY operation_id = $1 DESC LIMIT 1) o ON true

-- name: request_insert
-- The operation and its tally.
-- $1 id, $2 definition, $3 digest, $4 args, $5 subject, $6 phases, $7 queue, $8 chunk, $9 window, $10 dry run, $11 single,
-- $12 requested by, $13 request id, $14 request key
WITH accepted AS (
INSERT INTO operation (operation_id, definition, digest, args, subject, phases, queue, chunk, "window", dry_run, single,
                       requested_by, request_id, request_key)
VALUES ($1, $2, $3, $4::jsonb, $5, $6::jsonb, $7, $8, $9, $10, $11, $12, $13, $14)
RETURNING operation_id)
INSERT INTO tally (operation_id, state) SELECT operation_id, 'running' FROM accepted

-- name: request_insert_alias
-- $1 stamp of an inbox item, $2 the operation that it joined
WITH old AS (DELETE FROM operation_alias WHERE at < now() - interval '1 day')
INSERT INTO operation_alias (stamp, operation_id) VALUES ($1, $2) ON CONFLICT DO NOTHING

-- name: request_lock_request
-- Equal requests at the same moment come one after the other.   $1 request key
SELECT pg_advisory_xact_lock(hashtextextended(encode($1, 'hex'), 0))

-- name: request_lock_requests
-- As request_lock_request, in one order, so that two that lock many do not wait for each other.   $1 request keys
SELECT count(pg_advisory_xact_lock(number))
  FROM (SELECT DISTINCT hashtextextended(encode(key, 'hex'), 0) AS number FROM unnest($1::bytea[]) AS k (key) ORDER BY number) l

-- name: request_find_requests
-- As request_find_request for each of them: its number, from 1, and the same columns.
-- $1 operation ids or stamps, $2 request ids, $3 rows of the definitions, $4 digests
SELECT g.number, EXISTS (SELECT 1 FROM workflow_definitions
                          WHERE id = g.definition AND current_version = g.digest AND status = 'active' AND file_exists),
       o.operation_id, o.request_key
  FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[]) WITH ORDINALITY AS g (id, request_id, definition, digest, number)
  LEFT JOIN LATERAL (
       SELECT operation_id, request_key FROM operation
        WHERE operation_id = coalesce((SELECT a.operation_id FROM operation_alias a WHERE stamp = g.id), g.id)
           OR request_id = g.request_id
        ORDER BY operation_id = g.id DESC LIMIT 1) o ON true
 ORDER BY g.number

-- name: request_find_repetitions
-- As request_find_repetition for each of them, none of them a dry run: its number, from 1, and the operation.   $1 request keys
SELECT g.number, r.operation_id
  FROM unnest($1::bytea[]) WITH ORDINALITY AS g (key, number)
 CROSS JOIN LATERAL (
       SELECT o.operation_id FROM operation o JOIN tally t USING (operation_id)
        WHERE o.request_key = g.key AND o.finished_at IS NULL AND NOT o.dry_run AND t.state = 'running' AND t.loaded_at IS NULL
        ORDER BY o.created_at LIMIT 1 FOR UPDATE OF t) r

-- name: request_insert_many
-- Operations of single requests, none of them a dry run; arrays: $1 id, $2 definition, $3 digest, $4 args, $5 subject, $6 phases,
-- $7 queue, $8 requested by, $9 request id, $10 chunk, $11 window, $12 request key
INSERT INTO operation (operation_id, definition, digest, args, subject, phases, queue, chunk, "window", single, requested_by,
                       request_id, request_key)
SELECT id, definition, digest, args, subject, phases, queue, chunk, "window", true, requested_by, request_id, key
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]::jsonb[], $5::text[], $6::text[]::jsonb[], $7::text[], $8::text[],
              $9::text[], $10::integer[], $11::integer[], $12::bytea[])
       AS o (id, definition, digest, args, subject, phases, queue, requested_by, request_id, chunk, "window", key)

-- name: request_insert_tallies
-- Their tallies, in their order, after the only step of their plans: what these planned is all of the first phase. With what the
-- hash of each shows as operation_get would show it.   $1 operations
WITH made AS (
    INSERT INTO tally (operation_id, state, planned, total, last_seq)
    SELECT id, 'running', true, jobs, jobs
      FROM unnest($1::text[]) AS g (id)
     CROSS JOIN LATERAL (SELECT count(*) AS jobs FROM job WHERE operation_id = g.id OFFSET 0) j
    RETURNING *)
SELECT m.operation_id, m.state, m.phase, m.planned, m.total, m.succeeded, m.failed, m.skipped, m.cancelled_jobs, m.last_seq,
       m.generation, m.version, timeline() AS timeline,
       to_char(o.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at, o.phases::text AS phases
  FROM made m
 CROSS JOIN LATERAL (SELECT created_at, phases FROM operation WHERE operation_id = m.operation_id OFFSET 0) o
 ORDER BY array_position($1::text[], m.operation_id)
