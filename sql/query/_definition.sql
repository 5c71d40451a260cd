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
