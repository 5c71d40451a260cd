-- The tick is dealt with by this transaction, unless another has done so, or it is too late. The newest thousand ticks of a
-- definition are kept.   $1 definition, $2 tick, Unix ms, $3 operation, $4 until when, Unix ms
WITH old AS (
    DELETE FROM schedule_tick
     WHERE definition_id = $1
       AND tick < (SELECT tick FROM schedule_tick WHERE definition_id = $1 ORDER BY tick DESC OFFSET 1000 LIMIT 1))
INSERT INTO schedule_tick (definition_id, tick, operation_id)
SELECT $1, to_timestamp($2::bigint / 1000.0), $3 WHERE clock_timestamp() < to_timestamp($4::bigint / 1000.0)
    ON CONFLICT DO NOTHING
