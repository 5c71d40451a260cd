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
