-- What is dispatched under older generations dies out.   $1 operation, $2 the generation seen
UPDATE tally SET generation = generation + 1, version = version + 1
 WHERE operation_id = $1 AND generation = $2 AND state = 'running'
