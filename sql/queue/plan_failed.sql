-- A step failed; the third failure in a row ends the operation with the reason.   $1 operation, $2 phase, $3 reason
WITH t AS (
    UPDATE tally SET plan_failures = plan_failures + 1, version = version + 1,
                     state = CASE WHEN plan_failures >= 2 THEN 'failed' ELSE state END,
                     leftover = plan_failures >= 2
     WHERE operation_id = $1 AND phase = $2 AND state = 'running' AND NOT planned RETURNING operation_id, state)
UPDATE operation SET error = CASE WHEN t.state = 'failed' THEN $3 END, finished_at = CASE WHEN t.state = 'failed' THEN now() END
  FROM t WHERE operation.operation_id = t.operation_id
RETURNING t.state
