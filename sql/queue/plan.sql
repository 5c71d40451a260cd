-- name: _plan_step
, planned AS (
    INSERT INTO job (operation_id, seq, phase, kind, key)
    SELECT $1, $2 + n, $3, $4, key FROM numbered)
SELECT count(*), (SELECT "cursor" FROM numbered ORDER BY n DESC LIMIT 1) FROM numbered

-- name: advance
-- $1 operation, $2 phase
SELECT operation_id, state, phase, planned, total, succeeded, failed, skipped, cancelled_jobs, last_seq, generation, version,
       timeline() AS timeline
  FROM advance($1, $2)

-- name: no_nested_loops
-- For a transaction whose statement joins two lists of a thousand: by nested loops that would be a million comparisons, and on an
-- empty table the planner finds them cheap.
SET LOCAL enable_nestloop = off

-- name: plan_analyze
-- Plans made on an empty table are wrong on a full one. Does not wait for another one.
ANALYZE (SKIP_LOCKED) job

-- name: plan_failed
-- A step failed; the third failure in a row ends the operation with the reason.   $1 operation, $2 phase, $3 reason
WITH t AS (
    UPDATE tally SET plan_failures = plan_failures + 1, version = version + 1,
                     state = CASE WHEN plan_failures >= 2 THEN 'failed' ELSE state END,
                     leftover = plan_failures >= 2
     WHERE operation_id = $1 AND phase = $2 AND state = 'running' AND NOT planned RETURNING operation_id, state)
UPDATE operation SET error = CASE WHEN t.state = 'failed' THEN $3 END, finished_at = CASE WHEN t.state = 'failed' THEN now() END
  FROM t WHERE operation.operation_id = t.operation_id
RETURNING t.state

-- name: plan_lock
-- One planner of an operation at a time spares work; the guard is the cursor (plan_tally). The tally is shared, so that a cancel
-- waits for the step.   $1 operation
SELECT pg_try_advisory_xact_lock(hashtextextended('plan ' || $1, 0)), share_tally($1, false)

-- name: plan_tally
-- $1 operation, $2 phase, $3 cursor as seen, $4 last seq as seen, $5 jobs planned, $6 new cursor, $7 this was the last step
SELECT operation_id, state, phase, planned, total, succeeded, failed, skipped, cancelled_jobs, last_seq, generation, version,
       timeline() AS timeline
  FROM plan_tally($1, $2, $3, $4, $5, $6, $7)

-- name: sequence_range
-- Sequence numbers taken beforehand for jobs that a job plans; gaps are allowed.   $1 operation, $2 how many
UPDATE tally SET last_seq = last_seq + $2, version = version + 1
 WHERE operation_id = $1 AND state IN ('running', 'paused') RETURNING last_seq - $2
