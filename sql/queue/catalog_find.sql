-- A definition by what people call it.   $1 handle
SELECT d.id, d.status, d.file_exists, d.path, d.load_error, d.load_error_line, d.load_error_column, v.body
  FROM workflow_definitions d LEFT JOIN definition_versions v ON v.digest = d.current_version
 WHERE d.handle = $1
