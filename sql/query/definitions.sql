-- name: _definition
-- Of the definition `d`: what is in force, what is wrong, its schedule, and the last tick that was dealt with, `t`.
       d.handle AS id, d.project_id, d.identifier, d.name, d.description, d.type, d.path,
       CASE WHEN d.status = 'archived' THEN 'archived'
            WHEN d.current_version IS NULL THEN 'broken'
            WHEN NOT d.file_exists THEN 'missing'
            WHEN d.load_error IS NOT NULL THEN 'older version'
            ELSE 'ready' END AS state,
       d.status, d.file_exists, d.load_error, d.load_error_line, d.load_error_column, d.current_version AS version,
       d.phases, d.args_schema,
       (SELECT string_agg(CASE WHEN (a.value ->> 'required')::boolean THEN a.key ELSE '[' || a.key || ']' END, ' '
                          ORDER BY a.key)
          FROM jsonb_each(d.args_schema) a) AS arguments,
       coalesce(d.cron, 'every ' || (d.every_ms / 1000.0)::float8 || ' s') AS schedule, d.every_ms, d.cron,
       to_char(t.tick, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS last_tick,
       (extract(epoch FROM now() - t.tick) * 1000)::bigint AS last_tick_ago_ms,
       t.operation_id AS last_tick_operation_id, t.skipped AS last_tick_skipped,
       (extract(epoch FROM now()) * 1000)::bigint AS now_ms,
       to_char(d.archived_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS archived_at,
       to_char(d.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at,
       to_char(d.updated_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS updated_at
  FROM workflow_definitions d
  LEFT JOIN LATERAL (SELECT tick, operation_id, skipped FROM schedule_tick
                      WHERE definition_id = d.id AND tick <= now() ORDER BY tick DESC LIMIT 1) t ON true

-- name: definition
-- One definition by what people call it.   $1 handle
SELECT
-- include: query/_definition
 WHERE d.handle = $1

-- name: definition_ticks
-- What became of the ticks of a definition, the newest first.   $1 limit, $2 offset, $3 before this tick, Unix ms, $4 handle
SELECT (extract(epoch FROM t.tick) * 1000)::bigint::text AS cursor_1,
       to_char(t.tick, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS tick, t.operation_id, t.skipped,
       to_char(t.at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS dealt_with_at, o.state
  FROM schedule_tick t
  LEFT JOIN tally o ON o.operation_id = t.operation_id
 WHERE t.definition_id = (SELECT id FROM workflow_definitions WHERE handle = $4)
   AND ($3::text IS NULL OR t.tick < to_timestamp($3::bigint / 1000.0))
 ORDER BY t.tick DESC LIMIT $1 OFFSET $2

-- name: definition_versions
-- The versions that were in force, the newest first.   $1 handle, $2 how many
SELECT h.digest AS version, to_char(h.since, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS in_force_since
  FROM definition_history h JOIN workflow_definitions d ON d.id = h.definition_id
 WHERE d.handle = $1 ORDER BY h.since DESC LIMIT $2

-- name: definitions
-- Definitions by what people call them.   $1 limit, $2 offset, $3 after this one
SELECT d.handle AS cursor_1,
-- include: query/_definition
 WHERE $3::text IS NULL OR d.handle > $3
 ORDER BY d.handle LIMIT $1 OFFSET $2

-- name: projects
-- Projects by their id.   $1 limit, $2 offset, $3 after this one
SELECT p.id AS cursor_1, p.id, p.name, p.path,
       (SELECT count(*) FROM workflow_definitions d WHERE d.project_id = p.id AND d.current_version IS NOT NULL) AS definitions,
       to_char(p.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at
  FROM projects p WHERE $3::text IS NULL OR p.id > $3
 ORDER BY p.id LIMIT $1 OFFSET $2

-- name: scheduled
-- Definitions that have a schedule.   $1 limit, $2 offset, $3 after this one
SELECT d.handle AS cursor_1,
-- include: query/_definition
 WHERE d.scheduled_since IS NOT NULL AND ($3::text IS NULL OR d.handle > $3)
 ORDER BY d.handle LIMIT $1 OFFSET $2
