-- The versions that were in force, the newest first.   $1 handle, $2 how many
SELECT h.digest AS version, to_char(h.since, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS in_force_since
  FROM definition_history h JOIN workflow_definitions d ON d.id = h.definition_id
 WHERE d.handle = $1 ORDER BY h.since DESC LIMIT $2
