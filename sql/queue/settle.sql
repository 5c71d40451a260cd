-- name: count_crash
-- A process died by a fatal signal while it ran this job alone.   $1 operation, $2 seq
UPDATE job SET crashes = crashes + 1 WHERE operation_id = $1 AND seq = $2 RETURNING crashes

-- name: retry
-- Jobs that are tried again, or put off (failed 0). After a failed try the attempt is raised, so that no other copy of it can
-- settle. Not so where it is put off: a copy that found the key held must not disown the holder, whose attempt it has read.
-- Nor for an exclusive job: its next claim raises it, and attempts then count tries.
-- $1 operation, $2 seqs, $3 attempts, $4 delays in ms, $5 failed tries to add (0 or 1), $6 errors (null = keep),
-- $7 not exclusive. Each is looked up by itself: settle_fence_scattered says why.
WITH fence AS (SELECT share_tally($1, true))
UPDATE job SET attempt = job.attempt + CASE WHEN $7 THEN mine.failed ELSE 0 END, failures = failures + mine.failed, last_error = coalesce(mine.error, last_error),
               run_at = clock_timestamp() + mine.delay_ms * interval '1 millisecond', worker = NULL, load = NULL
  FROM fence, unnest($2::bigint[], $3::integer[], $4::bigint[], $5::integer[], $6::text[]) AS mine (seq, attempt, delay_ms, failed, error)
 WHERE job.ctid = ANY (ARRAY(SELECT one.ctid FROM unnest($2::bigint[]) AS asked (seq)
                              CROSS JOIN LATERAL (SELECT ctid FROM job WHERE operation_id = $1 AND seq = asked.seq OFFSET 0) one))
   AND job.seq = mine.seq AND job.attempt = mine.attempt
RETURNING job.seq

-- name: settle_fence
-- The fence of a settle: only the promises deleted here are ours. One table, one range, no join: on an empty table the planner
-- prepares a join that later reads a million rows, or compares a thousand with a thousand, for each chunk (both tried).
-- $1 operation, $2 lowest seq, $3 highest seq, $4 the attempt of each seq of that range, from $2 on; -1 = not ours
DELETE FROM job
 WHERE operation_id = $1 AND seq BETWEEN $2 AND $3 AND attempt = ($4::integer[])[(seq - $2 + 1)::integer]
RETURNING seq

-- name: settle_fence_scattered
-- The same where the seqs lie far apart (retries): each is looked up by itself, and OFFSET 0 keeps that so; the rows found are taken
-- by their place, with no other condition that an index could serve. Asked for all at once,
-- the planner that knows nothing of the table yet compares each job of the operation with each entry of the list (tried).
-- $1 operation, $2 seqs (ascending), $3 attempts
DELETE FROM job
 WHERE ctid = ANY (ARRAY(SELECT one.ctid FROM unnest($2::bigint[]) AS mine (seq)
                          CROSS JOIN LATERAL (SELECT ctid FROM job WHERE operation_id = $1 AND seq = mine.seq OFFSET 0) one))
   AND attempt = ($3::integer[])[array_position($2::bigint[], seq)]
RETURNING seq

-- name: settle_outcomes
-- $1 operation, $2 worker, $3 seconds since the chunk began (text of a float), then arrays: $4 seq, $5 phase, $6 kind, $7 key,
-- $8 outcome, $9 attempt, $10 error, $11 result
INSERT INTO job_outcome (operation_id, worker, started_at, seq, phase, kind, key, outcome, attempt, error, result)
SELECT $1, $2, now() - $3::float8 * interval '1 second', o.*
  FROM unnest($4::bigint[], $5::integer[], $6::text[], $7::text[], $8::text[], $9::integer[], $10::text[],
              $11::text[]::jsonb[]) AS o

-- name: settle_tally
-- Stands last, so that the hot row is locked only during the commit.
-- $1 operation, $2 kind, $3 succeeded, $4 failed, $5 skipped
SELECT operation_id, state, phase, planned, total, succeeded, failed, skipped, cancelled_jobs, last_seq, generation, version,
       timeline() AS timeline
  FROM settle_tally($1, $2, $3, $4, $5)
