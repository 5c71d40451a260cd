-- name: operation_dispatch
-- What `open` needs beside operation_get: the lowest open seq (else beyond the last) and the earliest due time, a delay in ms.
-- $1 operation
SELECT coalesce((SELECT seq FROM job WHERE operation_id = $1 ORDER BY seq LIMIT 1), t.last_seq + 1),
       (SELECT greatest(0, extract(epoch FROM run_at - clock_timestamp()) * 1000)::bigint
          FROM job WHERE operation_id = $1 AND run_at IS NOT NULL ORDER BY run_at LIMIT 1)
  FROM tally t WHERE operation_id = $1

-- name: operation_get
-- All of an operation and its tally.   $1 operation
SELECT o.operation_id, t.state, t.phase, t.planned, t.total, t.succeeded, t.failed, t.skipped, t.cancelled_jobs, t.last_seq,
       t.generation, t.version, timeline() AS timeline,
       o.definition, o.digest, o.args::text AS args, o.subject, o.phases::text AS phases, o.queue, o.chunk, o."window", o.dry_run,
       o.single, o.requested_by, t.loaded_at IS NOT NULL AS loaded,
       to_char(o.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at,
       to_char(o.finished_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS finished_at, o.error, t.plan_cursor, t.plan_failures
  FROM operation o JOIN tally t USING (operation_id) WHERE o.operation_id = $1

-- name: operation_raise_generation
-- What is dispatched under older generations dies out.   $1 operation, $2 the generation seen
UPDATE tally SET generation = generation + 1, version = version + 1
 WHERE operation_id = $1 AND generation = $2 AND state = 'running'
