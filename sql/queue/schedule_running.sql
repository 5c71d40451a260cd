-- A live operation that a tick of this definition has started.   $1 definition
SELECT t.operation_id FROM tally t JOIN schedule_tick s ON s.operation_id = t.operation_id
 WHERE t.state IN ('running', 'paused') AND s.definition_id = $1 LIMIT 1
