-- name: estimate
-- How long a request will take, in ms; null = not known. One phase: by the throughput of the operations that did the same kind of
-- job lately, those nearest in size; far more jobs than any of them had say nothing, for small ones are mostly waiting. Several
-- phases: how long the definition took, for only the first phase's jobs are known before.
-- $1 definition, $2 jobs (null = not known), $3 kind of the first phase's jobs, $4 number of phases
WITH lately AS (
    SELECT o.created_at, t.total, (extract(epoch FROM o.finished_at - o.created_at) * 1000)::float8 AS ms
      FROM (SELECT * FROM operation ORDER BY created_at DESC, operation_id DESC LIMIT 1000) o JOIN tally t USING (operation_id)
     WHERE t.state = 'completed' AND NOT o.dry_run AND t.total > 0 AND jsonb_array_length(o.phases) = $4::integer
       AND o.phases -> 0 ->> 'job' = $3::text AND ($4::integer = 1 OR o.definition = $1::text)
     ORDER BY o.created_at DESC LIMIT 10),
near AS (SELECT * FROM lately ORDER BY abs(ln(total::float8 / greatest($2::bigint, 1))), created_at DESC LIMIT 3)
SELECT (CASE WHEN $4::integer > 1 THEN (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) FROM lately)
             WHEN $2::bigint <= 10 * (SELECT max(total) FROM lately) THEN (SELECT sum(ms) / sum(total) * $2::bigint FROM near)
        END)::bigint

-- name: live_operations
-- Live operations by queue: how many, and their open jobs.
SELECT o.queue, count(*) AS operations,
       coalesce(sum(t.total - t.succeeded - t.failed - t.skipped - t.cancelled_jobs), 0)::bigint AS open_jobs
  FROM tally t JOIN operation o USING (operation_id)
 WHERE t.state IN ('running', 'paused') GROUP BY o.queue

-- name: operation
-- All that a person wants to know of an operation; `retrying` is counted up to 1000. The rate is that of its whole life;
-- a caller that polls knows better.   $1 operation
SELECT p.operation_id, p.definition, p.subject, p.args, p.state, p.state = 'cancelled' AS cancelled, p.phase,
       p.phases, p.label, p.planned, p.total, p.completed, p.succeeded, p.failed, p.skipped, p.cancelled_jobs, p.open,
       (SELECT count(*) FROM (SELECT 1 FROM job j WHERE j.operation_id = p.operation_id AND j.run_at > now() AND j.failures > 0
                               LIMIT 1000) waiting) AS retrying,
       h.running_jobs, h.files_done, h.files_total,
       r.rate_per_s,
       CASE WHEN p.state = 'running' AND p.planned AND r.rate_per_s > 0 THEN floor(p.open / r.rate_per_s)::bigint END AS eta_s,
       p.dry_run, p.requested_by, p.error, p.queue, p.phase_list,
       to_char(p.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at,
       to_char(p.finished_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS finished_at,
       to_char(p.pruned_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS pruned_at, p.elapsed_ms
  FROM (SELECT o.operation_id, o.definition, o.subject, o.args, o.queue, o.dry_run, o.requested_by, o.error, o.created_at,
               o.finished_at, o.pruned_at, t.state, t.phase + 1 AS phase, jsonb_array_length(o.phases) AS phases,
               o.phases -> t.phase ->> 'label' AS label, t.planned, t.total,
               t.succeeded + t.failed + t.skipped AS completed, t.succeeded, t.failed, t.skipped,
               -- From the cancel on none of them is done any more, however many rows the sweep has yet to remove.
               CASE WHEN t.state IN ('cancelled', 'failed') THEN t.total - t.succeeded - t.failed - t.skipped
                    ELSE t.cancelled_jobs END AS cancelled_jobs,
               CASE WHEN t.state IN ('cancelled', 'failed') THEN 0
                    ELSE t.total - t.succeeded - t.failed - t.skipped - t.cancelled_jobs END AS open,
               (SELECT jsonb_agg(f.phase || jsonb_build_object('number', f.number, 'state',
                                 CASE WHEN f.number <= t.phase OR t.state = 'completed' THEN 'ended'
                                      WHEN f.number = t.phase + 1 THEN t.state ELSE 'waiting' END) ORDER BY f.number)
                  FROM jsonb_array_elements(o.phases) WITH ORDINALITY f(phase, number)) AS phase_list,
               (extract(epoch FROM coalesce(o.finished_at, clock_timestamp()) - o.created_at) * 1000)::bigint AS elapsed_ms
          FROM operation o JOIN tally t USING (operation_id) WHERE o.operation_id = $1) p
 -- What workers hold by a lease, and how far its checkpoints are.
 CROSS JOIN LATERAL (SELECT count(*) AS running_jobs, sum((j.checkpoint ->> 'done')::bigint)::bigint AS files_done,
                            sum((j.checkpoint ->> 'total')::bigint)::bigint AS files_total
                       FROM exclusive e JOIN job j ON j.operation_id = e.operation_id AND j.seq = e.seq
                      WHERE e.operation_id = p.operation_id AND e.touched_at > now() - interval '50 s') h
 CROSS JOIN LATERAL (SELECT CASE WHEN p.completed > 0 AND p.elapsed_ms > 0
                                 THEN p.completed * 1000.0::float8 / p.elapsed_ms END AS rate_per_s) r

-- name: operations
-- The newest first.   $1 limit, $2 offset, $3, $4 after this time and id, $5 state, or live: running or paused, or with-failures: some
-- job failed, or all of it (null = any); $6 true: those that a schedule asked for alone, false: none of them (null = all)
SELECT o.created_at::text AS cursor_1, o.operation_id AS cursor_2,
       o.operation_id, o.definition, o.subject, o.args, t.state, t.phase + 1 AS phase, jsonb_array_length(o.phases) AS phases,
       t.planned, t.total, t.succeeded + t.failed + t.skipped AS completed, t.succeeded, t.failed, t.skipped,
       CASE WHEN t.state IN ('cancelled', 'failed') THEN t.total - t.succeeded - t.failed - t.skipped
            ELSE t.cancelled_jobs END AS cancelled_jobs, o.dry_run, o.requested_by, o.error,
       to_char(o.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at,
       (extract(epoch FROM now() - o.created_at) * 1000)::bigint AS created_ago_ms,
       to_char(o.finished_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS finished_at,
       to_char(o.pruned_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS pruned_at
  FROM operation o JOIN tally t USING (operation_id)
 WHERE ($4::text IS NULL OR (o.created_at, o.operation_id) < ($3::text::timestamptz, $4))
   AND ($5::text IS NULL OR t.state = $5 OR ($5 = 'live' AND t.state IN ('running', 'paused'))
        OR ($5 = 'with-failures' AND (t.failed > 0 OR t.state = 'failed')))
   AND ($6::boolean IS NULL OR (o.requested_by = 'schedule') = $6)
 ORDER BY o.created_at DESC, o.operation_id DESC LIMIT $1 OFFSET $2

-- name: outcomes
-- In the jobs' order. `subject` is what a person would call a link that still exists.
-- $1 limit, $2 offset, $3 after this seq, $4 operation, $5 outcome (null = any),
-- $6 texts of errors (null = any), $7 kinds that are exclusive: `tries` and `of_batch` as in jobs.sql
SELECT p.seq::text AS cursor_1,
       p.seq, p.operation_id || '/' || p.seq AS job_id, p.phase + 1 AS phase, p.kind, p.key,
       coalesce(a.app_name || ': ' || r.owner || '/' || r.name, p.key) AS subject,
       p.outcome, p.attempt, CASE WHEN p.kind = ANY ($7::text[]) THEN p.attempt ELSE p.attempt + 1 END AS tries,
       p.kind <> ALL ($7::text[]) AS of_batch, p.error, p.result, p.worker,
       to_char(p.started_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS started_at,
       to_char(p.finished_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS finished_at,
       (extract(epoch FROM now() - p.finished_at) * 1000)::bigint AS finished_ago_ms
  FROM (SELECT * FROM job_outcome
         WHERE operation_id = $4 AND ($3::text IS NULL OR seq > $3::text::bigint) AND ($5::text IS NULL OR outcome = $5)
           AND ($6::text[] IS NULL OR coalesce(error, '') IN (SELECT unnest($6::text[])))
         ORDER BY seq LIMIT $1 OFFSET $2) p
  LEFT JOIN apps a ON p.kind IN ('resync', 'snapshot') AND a.app_id = split_part(p.key, '/', 1)
  LEFT JOIN repositories r ON p.kind IN ('resync', 'snapshot') AND r.repository_id = split_part(p.key, '/', 2)
 ORDER BY p.seq

-- name: outcomes_errors
-- What failed, by its text, in the order of the first of each: among the first $2 failures.   $1 operation, $2 failures
SELECT coalesce(f.error, '') AS error, count(*) AS jobs, min(f.seq) AS first_seq
  FROM (SELECT seq, error FROM job_outcome WHERE operation_id = $1 AND outcome = 'failed' ORDER BY seq LIMIT $2) f
 GROUP BY 1 ORDER BY min(f.seq)
