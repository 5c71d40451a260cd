-- A bad file: the error is noted, the version in force stays.
-- $1 project (null = global), $2 identifier, $3 type, $4 path, $5 error, $6 line, $7 column
INSERT INTO workflow_definitions AS d (project_id, identifier, name, type, path, load_error, load_error_line,
                                       load_error_column)
VALUES ($1, $2, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (project_id, identifier) DO UPDATE
   SET type = excluded.type, path = excluded.path, load_error = excluded.load_error,
       load_error_line = excluded.load_error_line, load_error_column = excluded.load_error_column,
       scheduled_since = CASE WHEN d.file_exists OR d.scheduled_since IS NULL THEN d.scheduled_since ELSE now() END,
       file_exists = true, archived_at = CASE WHEN d.status = 'archived' THEN d.archived_at END, updated_at = now()
