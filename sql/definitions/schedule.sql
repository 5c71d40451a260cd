-- name: schedule_claim
-- The tick is dealt with by this transaction, unless another has done so, or it is too late. The newest thousand ticks of a
-- definition are kept.   $1 definition, $2 tick, Unix ms, $3 operation, $4 until when, Unix ms
WITH old AS (
    DELETE FROM schedule_tick
     WHERE definition_id = $1
       AND tick < (SELECT tick FROM schedule_tick WHERE definition_id = $1 ORDER BY tick DESC OFFSET 1000 LIMIT 1))
INSERT INTO schedule_tick (definition_id, tick, operation_id)
SELECT $1, to_timestamp($2::bigint / 1000.0), $3 WHERE clock_timestamp() < to_timestamp($4::bigint / 1000.0)
    ON CONFLICT DO NOTHING

-- name: schedule_running
-- A live operation that a tick of this definition has started.   $1 definition
SELECT t.operation_id FROM tally t JOIN schedule_tick s ON s.operation_id = t.operation_id
 WHERE t.state IN ('running', 'paused') AND s.definition_id = $1 LIMIT 1

-- name: schedule_scheduled
-- All that has a schedule and may start, with the last tick that was dealt with and is not in the future. Times are Unix ms by
-- PostgreSQL's clock.
SELECT d.id, d.handle, d.every_ms, d.cron, (extract(epoch FROM now()) * 1000)::bigint,
       (extract(epoch FROM d.scheduled_since) * 1000)::bigint, (extract(epoch FROM last.tick) * 1000)::bigint
  FROM workflow_definitions d
  LEFT JOIN LATERAL (SELECT tick FROM schedule_tick WHERE definition_id = d.id AND tick <= now()
                      ORDER BY tick DESC LIMIT 1) last ON true
 WHERE d.scheduled_since IS NOT NULL AND d.status = 'active' AND d.file_exists AND d.current_version IS NOT NULL
 ORDER BY d.id

-- name: schedule_skip
-- The tick is dealt with: nothing was started. The newest thousand ticks of a definition are kept.
-- Returns whether the tick before was not skipped for the same reason: only then it is news.
-- $1 definition, $2 tick, Unix ms, $3 why
WITH old AS (
    DELETE FROM schedule_tick
     WHERE definition_id = $1
       AND tick < (SELECT tick FROM schedule_tick WHERE definition_id = $1 ORDER BY tick DESC OFFSET 1000 LIMIT 1))
INSERT INTO schedule_tick (definition_id, tick, skipped)
VALUES ($1, to_timestamp($2::bigint / 1000.0), $3) ON CONFLICT DO NOTHING
RETURNING (SELECT s.skipped FROM schedule_tick s WHERE s.definition_id = $1 AND s.tick < to_timestamp($2::bigint / 1000.0)
            ORDER BY s.tick DESC LIMIT 1) IS DISTINCT FROM $3
