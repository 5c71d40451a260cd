-- Single requests that are run together: chunks of one job each, of as many operations, in the order in which they meet them.

-- name: singles_no_wait
-- For the transaction of singles_mark: should the server lose that mark in a crash, the job has not been settled either, so an
-- equal request may join its operation. A disk's turn less.
SELECT set_config('synchronous_commit', 'off', true)

-- name: singles_mark
-- The first load of many operations: load_mark.   $1 operations
UPDATE tally SET loaded_at = now(), version = version + 1
 WHERE operation_id = ANY ($1::text[]) AND loaded_at IS NULL AND state = 'running'

-- name: singles_load
-- The jobs that are open and not waiting for a retry, with what a handler must know of their operations. Each is looked up by
-- itself: settle_fence_scattered says why.   $1 operations, $2 seqs
SELECT t.operation_id, t.state, t.phase, t.planned, t.total, t.succeeded, t.failed, t.skipped, t.cancelled_jobs, t.last_seq,
       t.generation, t.version, timeline() AS timeline,
       o.definition, o.digest, o.args::text, o.requested_by, o.dry_run,
       j.seq, j.phase, j.kind, j.key, j.attempt, j.failures, j.crashes
  FROM unnest($1::text[], $2::bigint[]) AS given (operation_id, seq)
 CROSS JOIN LATERAL (SELECT * FROM tally WHERE operation_id = given.operation_id AND state = 'running' OFFSET 0) t
 CROSS JOIN LATERAL (SELECT * FROM operation WHERE operation_id = given.operation_id OFFSET 0) o
 CROSS JOIN LATERAL (SELECT * FROM job WHERE operation_id = given.operation_id AND seq = given.seq
                        AND (run_at IS NULL OR run_at <= now()) AND checkpoint IS NULL OFFSET 0) j

-- name: singles_fence
-- The fence: only the promises deleted here are ours.   $1 operations, each once, $2 seqs, $3 attempts
DELETE FROM job
 WHERE ctid = ANY (ARRAY(SELECT one.ctid FROM unnest($1::text[], $2::bigint[]) AS mine (operation_id, seq)
                          CROSS JOIN LATERAL (SELECT ctid FROM job WHERE operation_id = mine.operation_id AND seq = mine.seq
                                              OFFSET 0) one))
   AND seq = ($2::bigint[])[array_position($1::text[], operation_id)]
   AND attempt = ($3::integer[])[array_position($1::text[], operation_id)]
RETURNING operation_id

-- name: singles_outcomes
-- $1 worker, then arrays: $2 operation, $3 seconds since it began (floats as text), $4 seq, $5 phase, $6 kind, $7 key, $8 outcome,
-- $9 attempt, $10 error, $11 result
INSERT INTO job_outcome (worker, operation_id, started_at, seq, phase, kind, key, outcome, attempt, error, result)
SELECT $1, o.operation_id, now() - o.seconds::float8 * interval '1 second', seq, phase, kind, key, outcome, attempt, error, result
  FROM unnest($2::text[], $3::text[], $4::bigint[], $5::integer[], $6::text[], $7::text[], $8::text[], $9::integer[],
              $10::text[], $11::text[]::jsonb[]) AS o (operation_id, seconds, seq, phase, kind, key, outcome, attempt, error, result)

-- name: singles_tally
-- Stands last. Counts them, and ends the operations whose only phase is done; RP001 where one of them is not running any more.
-- $1 operations, then arrays: $2 kind, $3 succeeded, $4 failed, $5 skipped
SELECT operation_id, state, phase, planned, total, succeeded, failed, skipped, cancelled_jobs, last_seq, generation, version,
       timeline() AS timeline, CASE WHEN state = 'completed' THEN to_char(now(), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') END AS finished_at
  FROM settle_singles($1, $2, $3, $4, $5)
