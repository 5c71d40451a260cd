-- name: due_again
-- What was set aside for a load that no worker has in hand is due at once again. Returns the operations. A row that is locked at
-- this moment is being written by another transaction, which sees to it.   $1 worker, $2 which of its loads (null = all)
WITH set_aside AS (
    SELECT operation_id, seq FROM job
     WHERE worker = $1 AND ($2::bigint IS NULL OR load = $2)
       AND (SELECT t.state FROM tally t WHERE t.operation_id = job.operation_id) IN ('running', 'paused')
       FOR UPDATE SKIP LOCKED),
again AS (
    UPDATE job SET run_at = least(run_at, now()), worker = NULL, load = NULL FROM set_aside s
     WHERE job.operation_id = s.operation_id AND job.seq = s.seq
    RETURNING job.operation_id)
SELECT operation_id, queue FROM operation WHERE operation_id = ANY (ARRAY(SELECT operation_id FROM again)) ORDER BY operation_id

-- name: load_due
-- Up to $2 due retries. They are set aside for this load; should its holder not have them (any more), they are due again
-- (due_again), at the latest after the job's timeout.
-- $1 operation, $2 at most, $3 timeout in ms, $4 worker, $5 which of its loads
WITH due AS (
    SELECT seq FROM job
     WHERE operation_id = $1 AND run_at <= now()
       AND EXISTS (SELECT 1 FROM tally WHERE operation_id = $1 AND state = 'running')
     ORDER BY run_at LIMIT $2 FOR UPDATE SKIP LOCKED)
UPDATE job SET run_at = now() + $3 * interval '1 millisecond', worker = $4, load = $5
 WHERE operation_id = $1 AND seq = ANY (ARRAY(SELECT seq FROM due))
RETURNING seq, phase, kind, key, attempt, failures, crashes, checkpoint::text, item::text

-- name: load_mark
-- The first load of an operation: from now on an equal request is new work. Waits for, and is waited for by, the request
-- that looks at loaded_at under the tally's lock.   $1 operation
UPDATE tally SET loaded_at = now(), version = version + 1
 WHERE operation_id = $1 AND loaded_at IS NULL AND state = 'running'

-- name: load_one
-- One job to be run alone, whatever its run_at.   $1 operation, $2 seq
SELECT seq, phase, kind, key, attempt, failures, crashes, checkpoint::text, item::text
  FROM job
 WHERE operation_id = $1 AND seq = $2
   AND EXISTS (SELECT 1 FROM tally WHERE operation_id = $1 AND state = 'running')

-- name: load_range
-- The open jobs of a range chunk that are not waiting for a retry.   $1 operation, $2 from, $3 to
SELECT seq, phase, kind, key, attempt, failures, crashes, checkpoint::text, item::text
  FROM job
 WHERE operation_id = $1 AND seq BETWEEN $2 AND $3 AND (run_at IS NULL OR run_at <= now())
   AND EXISTS (SELECT 1 FROM tally WHERE operation_id = $1 AND state = 'running')
 ORDER BY seq

-- name: load_state
-- What a chunk's owner must know beside its jobs: the tally as of now, and when the next retry is due, as a delay in ms
-- (null = none waits). Locked rows of other loaders are looked over: they see to themselves.   $1 operation
SELECT t.operation_id, t.state, t.phase, t.planned, t.total, t.succeeded, t.failed, t.skipped, t.cancelled_jobs, t.last_seq,
       t.generation, t.version, timeline() AS timeline,
       (SELECT greatest(0, extract(epoch FROM run_at - clock_timestamp()) * 1000)::bigint
          FROM job WHERE operation_id = $1 AND run_at IS NOT NULL ORDER BY run_at LIMIT 1) AS due_ms
  FROM tally t WHERE operation_id = $1

-- name: next_open
-- The cursor jumps over settled ranges.   $1 operation, $2 last seq looked at
SELECT coalesce((SELECT seq FROM job WHERE operation_id = $1 AND seq > $2 ORDER BY seq LIMIT 1),
                (SELECT last_seq + 1 FROM tally WHERE operation_id = $1))

-- name: set_aside
-- Retries that are set aside for the worker that loaded them: few, as each holder has a chunk's at most. (The operation is looked at
-- behind the count, once for each group.)
SELECT worker, load, operation_id, jobs
  FROM (SELECT worker, load, operation_id, count(*) AS jobs FROM job WHERE worker IS NOT NULL GROUP BY worker, load, operation_id) a
 WHERE (SELECT t.state FROM tally t WHERE t.operation_id = a.operation_id) IN ('running', 'paused')
 ORDER BY worker, load, operation_id

-- name: state
-- What has become of an operation while a job of it runs.   $1 operation
SELECT state FROM tally WHERE operation_id = $1
