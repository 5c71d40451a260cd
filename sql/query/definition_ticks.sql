-- What became of the ticks of a definition, the newest first.   $1 limit, $2 offset, $3 before this tick, Unix ms, $4 handle
SELECT (extract(epoch FROM t.tick) * 1000)::bigint::text AS cursor_1,
       to_char(t.tick, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS tick, t.operation_id, t.skipped,
       to_char(t.at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS dealt_with_at, o.state
  FROM schedule_tick t
  LEFT JOIN tally o ON o.operation_id = t.operation_id
 WHERE t.definition_id = (SELECT id FROM workflow_definitions WHERE handle = $4)
   AND ($3::text IS NULL OR t.tick < to_timestamp($3::bigint / 1000.0))
 ORDER BY t.tick DESC LIMIT $1 OFFSET $2
