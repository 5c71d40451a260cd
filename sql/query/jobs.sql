-- Single jobs: those that are being done or tried again, and one of them with all that is stored of it.

-- name: jobs_open
-- The open jobs that there is something to say of: those that a worker holds by a lease, with how far the checkpoint is, then
-- those that wait for their next try, the next first. What only waits for its turn is a number (open), not a row: an
-- operation may have a million. A lease that was not touched for 50 s counts no longer.   $1 operation, $2 limit
SELECT p.seq, p.operation_id || '/' || p.seq AS job_id, p.phase + 1 AS phase, p.kind, p.key,
       coalesce(a.app_name || ': ' || r.owner || '/' || r.name, p.key) AS subject, p.state, p.failures, p.last_error AS error,
       coalesce(p.held_by, p.worker) AS worker, (p.checkpoint ->> 'done')::bigint AS done, (p.checkpoint ->> 'total')::bigint AS total,
       to_char(p.run_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS run_at
  FROM ((SELECT j.*, 'running' AS state, e.worker AS held_by, 1 AS rank
           FROM exclusive e JOIN job j ON j.operation_id = e.operation_id AND j.seq = e.seq
          WHERE e.operation_id = $1 AND e.touched_at > now() - interval '50 s' ORDER BY j.seq LIMIT $2)
        UNION ALL
        (SELECT j.*, 'trying again', NULL, 2
           FROM job j
          WHERE j.operation_id = $1 AND j.run_at IS NOT NULL AND j.failures > 0
            AND NOT EXISTS (SELECT FROM exclusive e WHERE e.operation_id = j.operation_id AND e.seq = j.seq
                                                      AND e.touched_at > now() - interval '50 s')
          ORDER BY j.run_at, j.seq LIMIT $2)) p
  LEFT JOIN apps a ON p.kind IN ('resync', 'snapshot') AND a.app_id = split_part(p.key, '/', 1)
  LEFT JOIN repositories r ON p.kind IN ('resync', 'snapshot') AND r.repository_id = split_part(p.key, '/', 2)
 ORDER BY p.rank, p.run_at NULLS FIRST, p.seq LIMIT $2

-- name: job
-- One job, open or settled, with the phase that it is of. `tries`: claims of an exclusive job; any other job is tried once
-- more than it failed. Of a job that is no exclusive one the times are those of the batch that it was in (of_batch).
-- $1 operation, $2 its number, $3 kinds that are exclusive
SELECT p.operation_id, o.definition, o.subject AS operation_subject, p.seq, p.operation_id || '/' || p.seq AS job_id,
       p.phase + 1 AS phase, coalesce(o.phases -> p.phase ->> 'label', '') AS phase_label, p.kind, p.key,
       coalesce(a.app_name || ': ' || r.owner || '/' || r.name, p.key) AS subject, p.state, p.tries, p.failures, p.error, p.result,
       p.checkpoint, (p.checkpoint ->> 'done')::bigint AS done, (p.checkpoint ->> 'total')::bigint AS total, p.worker,
       p.kind <> ALL ($3::text[]) AS of_batch,
       to_char(p.planned_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS planned_at,
       to_char(p.run_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS run_at,
       to_char(p.started_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS started_at,
       to_char(p.finished_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS finished_at
  FROM (SELECT j.operation_id, j.seq, j.phase, j.kind, j.key,
               CASE WHEN e.key IS NOT NULL THEN 'running' WHEN t.state IN ('cancelled', 'failed') THEN 'never done'
                    WHEN j.failures > 0 THEN 'trying again' ELSE 'waiting' END AS state,
               CASE WHEN j.kind = ANY ($3::text[]) THEN j.attempt ELSE j.failures END AS tries, j.failures::bigint,
               j.last_error AS error, NULL::jsonb AS result, j.checkpoint, coalesce(e.worker, j.worker) AS worker,
               j.planned_at, j.run_at, NULL::timestamptz AS started_at, NULL::timestamptz AS finished_at
          FROM job j JOIN tally t USING (operation_id)
          LEFT JOIN exclusive e ON e.operation_id = j.operation_id AND e.seq = j.seq
                               AND e.touched_at > now() - interval '50 s'
         WHERE j.operation_id = $1 AND j.seq = $2
        UNION ALL
        SELECT d.operation_id, d.seq, d.phase, d.kind, d.key, d.outcome,
               CASE WHEN d.kind = ANY ($3::text[]) THEN d.attempt ELSE d.attempt + 1 END, NULL, d.error, d.result, NULL, d.worker,
               NULL, NULL, d.started_at, d.finished_at
          FROM job_outcome d WHERE d.operation_id = $1 AND d.seq = $2) p
  JOIN operation o USING (operation_id)
  LEFT JOIN apps a ON p.kind IN ('resync', 'snapshot') AND a.app_id = split_part(p.key, '/', 1)
  LEFT JOIN repositories r ON p.kind IN ('resync', 'snapshot') AND r.repository_id = split_part(p.key, '/', 2)
