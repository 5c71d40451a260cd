-- Projects by their id.   $1 limit, $2 offset, $3 after this one
SELECT p.id AS cursor_1, p.id, p.name, p.path,
       (SELECT count(*) FROM workflow_definitions d WHERE d.project_id = p.id AND d.current_version IS NOT NULL) AS definitions,
       to_char(p.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at
  FROM projects p WHERE $3::text IS NULL OR p.id > $3
 ORDER BY p.id LIMIT $1 OFFSET $2
