-- All of an operation and its tally.   $1 operation
SELECT o.operation_id, t.state, t.phase, t.planned, t.total, t.succeeded, t.failed, t.skipped, t.cancelled_jobs, t.last_seq,
       t.generation, t.version, timeline() AS timeline,
       o.definition, o.digest, o.args::text AS args, o.subject, o.phases::text AS phases, o.queue, o.chunk, o."window", o.dry_run,
       o.single, o.requested_by, t.loaded_at IS NOT NULL AS loaded,
       to_char(o.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at,
       to_char(o.finished_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS finished_at, o.error, t.plan_cursor, t.plan_failures
  FROM operation o JOIN tally t USING (operation_id) WHERE o.operation_id = $1
