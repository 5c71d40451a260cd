-- The picture before a re-sync, in the order in which it is searched.
SELECT id, project_id, identifier, name, path, current_version, load_error, coalesce(load_error_line, 0),
       coalesce(load_error_column, 0), file_exists, status = 'archived'
  FROM workflow_definitions ORDER BY project_id NULLS FIRST, identifier
