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
