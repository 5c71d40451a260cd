-- Rows that name what is not there; foreign keys guard some of them, unless somebody switched these off (I3).
-- $1 how many rows of a large table to look at (null = all)
SELECT 'app_repositories ' || app_id || '/' || repository_id, 'its app or its repository is not there'
  FROM (SELECT * FROM app_repositories LIMIT $1::bigint) l
 WHERE NOT EXISTS (SELECT 1 FROM apps a WHERE a.app_id = l.app_id)
    OR NOT EXISTS (SELECT 1 FROM repositories r WHERE r.repository_id = l.repository_id)
UNION ALL
SELECT 'repository_snapshots ' || repository_id, 'its repository is not there' FROM (SELECT * FROM repository_snapshots LIMIT $1::bigint) s
 WHERE NOT EXISTS (SELECT 1 FROM repositories r WHERE r.repository_id = s.repository_id)
UNION ALL
SELECT 'operation_alias ' || stamp, 'its operation is not there' FROM (SELECT * FROM operation_alias LIMIT $1::bigint) a
 WHERE NOT EXISTS (SELECT 1 FROM operation o WHERE o.operation_id = a.operation_id)
UNION ALL
SELECT 'schedule_tick ' || definition_id || ' ' || tick, 'its definition or its operation is not there'
  FROM (SELECT * FROM schedule_tick LIMIT $1::bigint) s
 WHERE NOT EXISTS (SELECT 1 FROM workflow_definitions d WHERE d.id = s.definition_id)
    OR (operation_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM operation o WHERE o.operation_id = s.operation_id))
UNION ALL
SELECT 'history_pass ' || operation_id, 'its operation is not there'
  FROM (SELECT * FROM history_pass LIMIT $1::bigint) p
 WHERE NOT EXISTS (SELECT 1 FROM operation o WHERE o.operation_id = p.operation_id)
UNION ALL
SELECT 'scanned_run ' || operation_id, 'its operation is not there' FROM (SELECT * FROM scanned_run LIMIT $1::bigint) s
 WHERE NOT EXISTS (SELECT 1 FROM operation o WHERE o.operation_id = s.operation_id)
UNION ALL
SELECT 'workflow_definitions ' || handle, 'its project or its version is not there' FROM workflow_definitions d
 WHERE (project_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM projects p WHERE p.id = d.project_id))
    OR (current_version IS NOT NULL AND NOT EXISTS (SELECT 1 FROM definition_versions v WHERE v.digest = d.current_version))
UNION ALL
SELECT 'pattern_occurrences ' || pattern_id || ' ' || workflow_id, 'its pattern or its run is not there'
  FROM (SELECT * FROM pattern_occurrences LIMIT $1::bigint) o
 WHERE NOT EXISTS (SELECT 1 FROM operation_patterns p WHERE p.id = o.pattern_id)
    OR NOT EXISTS (SELECT 1 FROM workflow_history h WHERE h.id = o.workflow_id)
UNION ALL
SELECT 'definition_history ' || definition_id || ' ' || digest, 'its definition or its version is not there' FROM definition_history y
 WHERE NOT EXISTS (SELECT 1 FROM workflow_definitions d WHERE d.id = y.definition_id)
    OR NOT EXISTS (SELECT 1 FROM definition_versions v WHERE v.digest = y.digest)
UNION ALL
SELECT 'workflow_search ' || id, 'its run is not there, or has another text'
  FROM (SELECT * FROM workflow_search LIMIT $1::bigint) s
 WHERE NOT EXISTS (SELECT 1 FROM workflow_history h WHERE h.id = s.id AND lower(h.nl_input) = s.nl_input)
 ORDER BY 1 LIMIT 100
