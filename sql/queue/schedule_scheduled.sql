-- All that has a schedule and may start, with the last tick that was dealt with and is not in the future. Times are Unix ms by
-- PostgreSQL's clock.
SELECT d.id, d.handle, d.every_ms, d.cron, (extract(epoch FROM now()) * 1000)::bigint,
       (extract(epoch FROM d.scheduled_since) * 1000)::bigint, (extract(epoch FROM last.tick) * 1000)::bigint
  FROM workflow_definitions d
  LEFT JOIN LATERAL (SELECT tick FROM schedule_tick WHERE definition_id = d.id AND tick <= now()
                      ORDER BY tick DESC LIMIT 1) last ON true
 WHERE d.scheduled_since IS NOT NULL AND d.status = 'active' AND d.file_exists AND d.current_version IS NOT NULL
 ORDER BY d.id
