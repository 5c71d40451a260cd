-- name: sync_before
-- The picture before a re-sync, in the order in which it is searched.
SELECT id, project_id, identifier, name, path, current_version, load_error, coalesce(load_error_line, 0),
       coalesce(load_error_column, 0), file_exists, status = 'archived', host
  FROM workflow_definitions ORDER BY project_id NULLS FIRST, identifier

-- name: sync_fail
-- A bad file: the error is noted, the version in force stays.
-- $1 project (null = global), $2 identifier, $3 type, $4 path, $5 error, $6 line, $7 column, $8 host
INSERT INTO workflow_definitions AS d (project_id, identifier, name, type, path, load_error, load_error_line,
                                       load_error_column, host)
VALUES ($1, $2, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (project_id, identifier) DO UPDATE
   SET type = excluded.type, path = excluded.path, host = excluded.host, load_error = excluded.load_error,
       load_error_line = excluded.load_error_line, load_error_column = excluded.load_error_column,
       scheduled_since = CASE WHEN d.file_exists OR d.scheduled_since IS NULL THEN d.scheduled_since ELSE now() END,
       file_exists = true, archived_at = CASE WHEN d.status = 'archived' THEN d.archived_at END, updated_at = now()

-- name: sync_forget
-- Rows that only held the error of a file which is gone, or has a name now.   $1 ids
DELETE FROM workflow_definitions WHERE id = ANY ($1::bigint[]) AND current_version IS NULL

-- name: sync_found
-- What a host's directory held at its last reading.   $1 host, $2 directory, $3 release, $4 files, $5 digest
WITH old AS (DELETE FROM definition_host WHERE read_at < now() - interval '90 days' AND (host, directory) <> ($1, $2))
INSERT INTO definition_host AS h (host, directory, release, files, digest) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (host, directory) DO UPDATE
   SET release = excluded.release, files = excluded.files, digest = excluded.digest, read_at = now()
 WHERE (h.release, h.digest) IS DISTINCT FROM (excluded.release, excluded.digest) OR h.read_at < now() - interval '1 day'

-- name: sync_gone
-- The files of these are gone; the rows stay.   $1 ids
UPDATE workflow_definitions
   SET file_exists = false, load_error = NULL, load_error_line = NULL, load_error_column = NULL,
       archived_at = coalesce(archived_at, now()), updated_at = now()
 WHERE id = ANY ($1::bigint[])

-- name: sync_is_first
SELECT NOT EXISTS (SELECT 1 FROM workflow_definitions)

-- name: sync_lock
-- Two re-syncs take turns.
SELECT pg_advisory_xact_lock(hashtextextended('resync-definitions', 0))

-- name: sync_patience
-- Files are read while the transaction is open: on a slow disk that takes longer than other transactions may be idle.
-- $1 how long to wait for another's re-sync, in ms; 0 = as long as the connection waits for any lock
SELECT set_config('idle_in_transaction_session_timeout', '60s', true),
       CASE WHEN $1::bigint > 0 THEN set_config('lock_timeout', $1::text, true) END

-- name: sync_release
-- Which release brought what is in force, and from where. No row: the table is empty.
SELECT coalesce(definitions_release, ''), coalesce(definitions_host, '') FROM store_state

-- name: sync_released
-- $1 release, $2 host
UPDATE store_state SET definitions_release = $1, definitions_host = $2 WHERE definitions_release IS DISTINCT FROM $1

-- name: sync_put
-- A good file: its content becomes the version in force. What a person archived stays archived. Ticks from before a schedule was
-- there, or while the file was gone, are none of its own.
-- $1 project (null = global), $2 identifier, $3 name, $4 description, $5 type, $6 path, $7 phases, $8 args schema, $9 digest,
-- $10 every, in ms, $11 cron, $12 host
WITH put AS (
INSERT INTO workflow_definitions AS d (project_id, identifier, name, description, type, path, phases, args_schema,
                                       current_version, every_ms, cron, host, scheduled_since)
VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8::jsonb, $9, $10, $11, $12,
        CASE WHEN coalesce($10::bigint::text, $11) IS NOT NULL THEN now() END)
    ON CONFLICT (project_id, identifier) DO UPDATE
   SET name = excluded.name, description = excluded.description, type = excluded.type, path = excluded.path,
       host = excluded.host, phases = excluded.phases, args_schema = excluded.args_schema, current_version = excluded.current_version,
       every_ms = excluded.every_ms, cron = excluded.cron,
       scheduled_since = CASE WHEN d.file_exists AND d.every_ms IS NOT DISTINCT FROM excluded.every_ms
                                   AND d.cron IS NOT DISTINCT FROM excluded.cron THEN d.scheduled_since
                              ELSE excluded.scheduled_since END,
       file_exists = true, load_error = NULL, load_error_line = NULL, load_error_column = NULL,
       archived_at = CASE WHEN d.status = 'archived' THEN d.archived_at END, updated_at = now()
RETURNING d.id)
INSERT INTO definition_history (definition_id, digest)
SELECT id, $9 FROM put
 WHERE $9 IS DISTINCT FROM (SELECT digest FROM definition_history WHERE definition_id = put.id ORDER BY since DESC LIMIT 1)
