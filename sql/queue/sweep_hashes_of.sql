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
