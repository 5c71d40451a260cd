-- name: registry_archive
-- $1 handle
UPDATE workflow_definitions
   SET status = 'archived', archived_at = coalesce(archived_at, now()),
       updated_at = CASE status WHEN 'archived' THEN updated_at ELSE now() END
 WHERE handle = $1

-- name: registry_find
-- A definition by what people call it.   $1 handle
SELECT d.id, d.status, d.file_exists, d.path, d.load_error, d.load_error_line, d.load_error_column, v.body
  FROM workflow_definitions d LEFT JOIN definition_versions v ON v.digest = d.current_version
 WHERE d.handle = $1

-- name: registry_handles
-- What can be asked for, to find what a person may have meant.
SELECT handle FROM workflow_definitions WHERE current_version IS NOT NULL ORDER BY handle LIMIT 5000

-- name: registry_unarchive
-- Ticks that passed meanwhile are none of its own.   $1 handle
UPDATE workflow_definitions
   SET status = 'active', archived_at = CASE WHEN file_exists THEN NULL ELSE archived_at END,
       scheduled_since = CASE WHEN status = 'archived' AND scheduled_since IS NOT NULL THEN now() ELSE scheduled_since END,
       updated_at = CASE status WHEN 'active' THEN updated_at ELSE now() END
 WHERE handle = $1

-- name: definition_by_digest
-- $1 digest
SELECT body FROM definition_versions WHERE digest = $1

-- name: definition_keep
-- Every version that an operation ran by is kept.   $1 digest, $2 canonical JSON
INSERT INTO definition_versions (digest, body) VALUES ($1, $2) ON CONFLICT DO NOTHING
