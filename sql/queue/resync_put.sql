-- A good file: its content becomes the version in force. What a person archived stays archived. Ticks from before a schedule was
-- there, or while the file was gone, are none of its own.
-- $1 project (null = global), $2 identifier, $3 name, $4 description, $5 type, $6 path, $7 phases, $8 args schema, $9 digest,
-- $10 every, in ms, $11 cron
WITH put AS (
INSERT INTO workflow_definitions AS d (project_id, identifier, name, description, type, path, phases, args_schema,
                                       current_version, every_ms, cron, scheduled_since)
VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8::jsonb, $9, $10, $11,
        CASE WHEN coalesce($10::bigint::text, $11) IS NOT NULL THEN now() END)
    ON CONFLICT (project_id, identifier) DO UPDATE
   SET name = excluded.name, description = excluded.description, type = excluded.type, path = excluded.path,
       phases = excluded.phases, args_schema = excluded.args_schema, current_version = excluded.current_version,
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
