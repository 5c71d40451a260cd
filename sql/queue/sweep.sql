-- name: clock
-- PostgreSQL's clock, Unix microseconds.
SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint

-- name: fold_activity
-- Adds up what settles have left, a step at a time; minutes are kept for eight days, so that a chart of seven is whole.
SELECT activity_fold(20000, interval '8 days')

-- name: prune_done
-- Its final counts stay in the tally.   $1 operation
UPDATE operation SET pruned_at = now() WHERE operation_id = $1

-- name: prune_next
-- One ended operation whose outcomes are old enough to go.   $1 age in ms
SELECT o.operation_id FROM operation o JOIN tally t USING (operation_id)
 WHERE o.pruned_at IS NULL AND o.finished_at < now() - $1 * interval '1 millisecond'
   AND t.state IN ('completed', 'cancelled', 'failed')
 ORDER BY o.finished_at LIMIT 1

-- name: prune_step
-- $1 operation, $2 at most
DELETE FROM job_outcome WHERE operation_id = $1
   AND seq = ANY (ARRAY(SELECT seq FROM job_outcome WHERE operation_id = $1 ORDER BY seq LIMIT $2))

-- name: remove_leftover
-- One step of removing what a cancelled (or unplannable) operation leaves: the open jobs of one range go. A range and no list: where
-- the planner knows nothing of the table yet, it compares each row with each entry of a list of thousands (tried).
-- $1 operation, $2 lowest seq, $3 highest seq
DELETE FROM job WHERE operation_id = $1 AND seq BETWEEN $2 AND $3
RETURNING seq, kind, key, checkpoint::text

-- name: remove_leftover_next
-- Where the next step begins; no row: nothing is open from there on.   $1 operation, $2 removed up to this seq
SELECT seq FROM job WHERE operation_id = $1 AND seq > $2 ORDER BY seq LIMIT 1

-- name: remove_leftover_tally
-- $1 operation, $2 removed, $3 there may be more
UPDATE tally SET cancelled_jobs = cancelled_jobs + $2, leftover = $3, version = version + 1
 WHERE operation_id = $1 AND state IN ('cancelled', 'failed')

-- name: sweep_ahead
-- Of operations whose hashes seemed ahead, those that PostgreSQL has still not come to.
-- $1 operations, $2 generations, $3 last seqs, $4 timelines, $5 versions, as the hashes say
SELECT h.id
  FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) AS h (id, generation, last_seq, timeline, version)
  JOIN tally t ON t.operation_id = h.id
 WHERE h.generation > t.generation OR h.last_seq > t.last_seq OR (h.timeline, h.version) > (timeline(), t.version)

-- name: sweep_ended_of
-- Those that are not live any more, or never were.   $1 operations
SELECT a.id FROM unnest($1::text[]) AS a (id) LEFT JOIN tally t ON t.operation_id = a.id
 WHERE t.state IS NULL OR t.state NOT IN ('running', 'paused')

-- name: sweep_hashes_of
-- What the hashes of operations must say once these have ended; the names of the columns from "state" on are those of the
-- fields. Of an unknown one all is null.   $1 operations
SELECT a.id, t.state IN ('running', 'paused') AS live, timeline()::text AS timeline, t.version::text AS version, t.state,
       t.phase::text AS phase, t.total::text AS total, (t.succeeded + t.failed + t.skipped)::text AS completed,
       t.succeeded::text AS succeeded, t.failed::text AS failed, t.skipped::text AS skipped,
       t.cancelled_jobs::text AS cancelled_jobs, t.generation::text AS gen, o.operation_id, o.definition, o.subject, o.queue,
       o.phases::text AS phases, to_char(o.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at,
       coalesce(to_char(o.finished_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), '') AS finished_at
  FROM unnest($1::text[]) AS a (id) LEFT JOIN tally t ON t.operation_id = a.id
  LEFT JOIN operation o ON o.operation_id = a.id

-- name: sweep_leases
-- Leases of operations that have ended, or that there are not, whose holders are gone. Who lives gives its lease back itself, when
-- its next checkpoint or touch is refused: it may have a request under way.
DELETE FROM exclusive e
 WHERE e.touched_at < now() - interval '50 seconds'
   AND NOT EXISTS (SELECT 1 FROM tally t WHERE t.operation_id = e.operation_id AND t.state IN ('running', 'paused'))

-- name: sweep_leftover
-- Ended operations that still have open jobs.
SELECT operation_id FROM tally WHERE leftover ORDER BY operation_id LIMIT 20

-- name: sweep_live
-- All running and paused operations; due_ms: until their earliest retry, negative = it is due (null = none waits).
SELECT t.operation_id, t.state, t.phase, t.planned, t.total, t.succeeded, t.failed, t.skipped, t.cancelled_jobs, t.last_seq,
       t.generation, t.version, timeline() AS timeline,
       o.queue, o."window",
       (SELECT count(*) FROM (SELECT failures FROM job j WHERE j.operation_id = t.operation_id AND j.run_at IS NOT NULL
                               LIMIT 10000) w WHERE failures > 0) AS retrying, -- an estimate: it looks at so many
       (SELECT (extract(epoch FROM run_at - clock_timestamp()) * 1000)::bigint
          FROM job j WHERE j.operation_id = t.operation_id AND j.run_at IS NOT NULL ORDER BY run_at LIMIT 1) AS due_ms
  FROM tally t JOIN operation o USING (operation_id)
 WHERE t.state IN ('running', 'paused') ORDER BY t.operation_id

-- name: sweep_live_ids
-- All running and paused operations, by name.
SELECT operation_id FROM tally WHERE state IN ('running', 'paused') ORDER BY operation_id

-- name: sweep_lock
-- $1 name of the step
SELECT pg_try_advisory_xact_lock(hashtextextended('sweep ' || $1, 0))

-- name: sweep_ready
-- Whether an operation has an open job that waits for no time: some chunk must lead to it. Only the first ten thousand open jobs
-- are looked at, so that a million retries cost no more.   $1 operation
SELECT EXISTS (SELECT 1 FROM (SELECT run_at FROM job WHERE operation_id = $1 ORDER BY seq LIMIT 10000) j WHERE run_at IS NULL)

-- name: sweep_timeline
-- After a fail-over of PostgreSQL every generation is raised, once: what Redis holds may be of a lost future.
WITH changed AS (
    UPDATE store_state SET timeline = timeline() WHERE timeline <> timeline() RETURNING timeline)
UPDATE tally SET generation = generation + 1, version = version + 1
  FROM changed WHERE state IN ('running', 'paused') AND changed.timeline IS NOT NULL
