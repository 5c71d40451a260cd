-- name: counts
-- What the tally says of some operations, and what is really there (I1, I2). `gone`: its outcomes are, or may be being, pruned.
-- $1 operations, $2 how long outcomes are kept in ms (0 = without end)
SELECT w.operation_id, o.operation_id IS NOT NULL AS has_operation, t.operation_id IS NOT NULL AS has_tally, t.state,
       t.total, t.succeeded, t.failed, t.skipped, t.cancelled_jobs, t.last_seq,
       o.finished_at IS NOT NULL AS finished, o.pruned_at IS NOT NULL AS pruned,
       coalesce($2::bigint > 0 AND o.finished_at < now() - $2::bigint * interval '1 millisecond', false) AS may_be_pruned,
       open.n AS open, open.of_other_phase, open.beyond, both_n.n AS both_n,
       done.succeeded AS done_succeeded, done.failed AS done_failed, done.skipped AS done_skipped, done.beyond AS done_beyond
  FROM unnest($1::text[]) AS w (operation_id)
  LEFT JOIN tally t ON t.operation_id = w.operation_id
  LEFT JOIN operation o ON o.operation_id = w.operation_id
 CROSS JOIN LATERAL (
    SELECT count(*) AS n, count(*) FILTER (WHERE j.phase <> t.phase) AS of_other_phase,
           count(*) FILTER (WHERE j.seq NOT BETWEEN 1 AND t.last_seq) AS beyond
      FROM job j WHERE j.operation_id = w.operation_id) AS open
 CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE d.outcome = 'succeeded') AS succeeded, count(*) FILTER (WHERE d.outcome = 'failed') AS failed,
           count(*) FILTER (WHERE d.outcome = 'skipped') AS skipped,
           count(*) FILTER (WHERE d.seq NOT BETWEEN 1 AND t.last_seq OR d.phase > t.phase) AS beyond
      FROM job_outcome d WHERE d.operation_id = w.operation_id) AS done
 CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM job j
     WHERE j.operation_id = w.operation_id
       AND EXISTS (SELECT 1 FROM job_outcome d WHERE d.operation_id = j.operation_id AND d.seq = j.seq)) AS both_n
 ORDER BY w.operation_id

-- name: job_rows
-- What open and settled jobs say that cannot be (I1).
-- $1 how many operations to look at, the newest (null = all), $2 how many of the first jobs of each (null = all)
WITH newest AS (SELECT * FROM operation ORDER BY created_at DESC, operation_id DESC LIMIT $1::bigint)
(SELECT 'job ' || j.operation_id || '/' || j.seq, w.what
   FROM newest o
  CROSS JOIN LATERAL (SELECT * FROM job WHERE operation_id = o.operation_id ORDER BY seq LIMIT $2::bigint) j
  CROSS JOIN LATERAL (VALUES
        (j.attempt < 0 OR j.failures < 0 OR j.crashes NOT BETWEEN 0 AND 3, 'counts attempts, failures or crashes that cannot be'),
        (j.planned_at < o.created_at - interval '1 minute' OR j.planned_at > now() + interval '1 minute',
         'was planned before its operation was made, or in the future'),
        (j.run_at > now() + interval '366 days', 'is to be tried again in more than a year'),
        (j.worker IS NOT NULL AND j.run_at IS NULL, 'is a retry in a worker''s hands without a time of its own'),
        (jsonb_typeof(j.checkpoint) <> 'object', 'has a checkpoint that is no object'),
        (j.kind <> ALL (ARRAY(SELECT jsonb_path_query(CASE jsonb_typeof(o.phases) WHEN 'array' THEN o.phases ELSE '[]' END,
                                                      '$[*].job') #>> '{}'))
         AND EXISTS (SELECT 1 FROM jsonb_path_query(CASE jsonb_typeof(o.phases) WHEN 'array' THEN o.phases ELSE '[]' END, '$[*].job')),
         'is of a kind that no phase of its operation has')) w (wrong, what)
  WHERE wrong LIMIT 100)
UNION ALL
(SELECT 'outcome ' || d.operation_id || '/' || d.seq, w.what
   FROM newest o
  CROSS JOIN LATERAL (SELECT * FROM job_outcome WHERE operation_id = o.operation_id ORDER BY seq LIMIT $2::bigint) d
  CROSS JOIN LATERAL (VALUES
        (d.attempt < 0, 'counts attempts that cannot be'),
        (d.started_at > d.finished_at + interval '1 second', 'ended before it began'),
        (d.finished_at < o.created_at - interval '1 minute' OR d.finished_at > now() + interval '1 minute',
         'ended before its operation was made, or in the future'),
        (d.phase < 0, 'is of a phase that there is not'),
        (jsonb_typeof(d.result) <> 'object', 'has a result that is no object'),
        (d.kind <> ALL (ARRAY(SELECT jsonb_path_query(CASE jsonb_typeof(o.phases) WHEN 'array' THEN o.phases ELSE '[]' END,
                                                      '$[*].job') #>> '{}'))
         AND EXISTS (SELECT 1 FROM jsonb_path_query(CASE jsonb_typeof(o.phases) WHEN 'array' THEN o.phases ELSE '[]' END, '$[*].job')),
         'is of a kind that no phase of its operation has')) w (wrong, what)
  WHERE wrong LIMIT 100)
 ORDER BY 1, 2

-- name: late
-- What was written to cancelled operations after the cancel (I4). now() is a transaction's beginning, and a settle that began
-- after the cancel began may still have committed before it, so only the times of the commits decide; the operation's row was
-- last written by the end of the cancel's drain, up to which a checkpoint in hand may announce. (Without `drained_at` the cancel
-- never came to its end, or was an older version's: then announcements cannot be judged.) Where the server does not keep them, an outcome is surely late if its transaction began later
-- than a cancel can have waited for its lock (lock_timeout 10 s, with room), and in doubt if it began after the cancel did.
-- $1 operations
SELECT o.operation_id, coalesce(sum(d.n) FILTER (WHERE d.committed > c.cancelled), 0)::bigint AS late,
       coalesce(sum(d.n) FILTER (WHERE c.cancelled IS NULL AND d.finished_at > o.finished_at + interval '60 seconds'), 0)::bigint
           AS surely_late,
       coalesce(sum(d.n) FILTER (WHERE c.cancelled IS NULL AND d.finished_at > o.finished_at
                                   AND d.finished_at <= o.finished_at + interval '60 seconds'), 0)::bigint AS in_doubt,
       (SELECT count(*) FROM delivery_intents i
         WHERE i.operation_id = o.operation_id
           AND CASE WHEN c.exact AND o.drained_at IS NOT NULL THEN pg_xact_commit_timestamp(i.xmin) > c.cancelled ELSE false END) AS late_intents
  FROM unnest($1::text[]) AS w (operation_id)
  JOIN tally t ON t.operation_id = w.operation_id AND t.state = 'cancelled'
  JOIN operation o ON o.operation_id = w.operation_id AND o.pruned_at IS NULL
 CROSS JOIN LATERAL (
    SELECT current_setting('track_commit_timestamp') = 'on' AS exact,
           CASE WHEN current_setting('track_commit_timestamp') = 'on' THEN pg_xact_commit_timestamp(o.xmin) END AS cancelled) AS c
  LEFT JOIN LATERAL (
    SELECT x.finished_at, count(*) AS n, CASE WHEN c.exact THEN pg_xact_commit_timestamp(x.xmin) END AS committed
      FROM job_outcome x WHERE x.operation_id = o.operation_id GROUP BY x.xmin, x.finished_at) AS d ON true
 GROUP BY o.operation_id, o.finished_at, c.exact, c.cancelled
 ORDER BY o.operation_id

-- name: leases
-- All leases, each with the job that it is for as that stands now (I4, I8). There are no more of them than executors, as a rule.
SELECT e.key, e.operation_id || '/' || e.seq AS job, e.attempt, e.worker,
       (extract(epoch FROM clock_timestamp() - e.touched_at) * 1000)::bigint AS untouched_ms, t.state, j.attempt AS job_attempt,
       (SELECT count(*) FROM exclusive x WHERE x.operation_id = e.operation_id AND x.seq = e.seq) AS keys_of_job,
       (extract(epoch FROM clock_timestamp() - o.finished_at) * 1000)::bigint AS ended_ms
  FROM exclusive e
  LEFT JOIN tally t ON t.operation_id = e.operation_id
  LEFT JOIN operation o ON o.operation_id = e.operation_id
  LEFT JOIN job j ON j.operation_id = e.operation_id AND j.seq = e.seq
 ORDER BY e.key LIMIT 10000

-- name: live
-- The tallies of all live operations and of those named, with what their dispatch needs (I5, I7, I9).   $1 operations
SELECT t.operation_id, t.state, t.phase, t.planned, t.total, t.succeeded, t.failed, t.skipped, t.cancelled_jobs, t.last_seq,
       t.generation, t.version, timeline() AS timeline, o."window",
       EXISTS (SELECT 1 FROM job j WHERE j.operation_id = t.operation_id) AS open,
       EXISTS (SELECT 1 FROM (SELECT run_at FROM job j WHERE j.operation_id = t.operation_id ORDER BY seq LIMIT 10000) j
                WHERE run_at IS NULL) AS ready,
       (SELECT (extract(epoch FROM run_at - clock_timestamp()) * 1000)::bigint
          FROM job j WHERE j.operation_id = t.operation_id AND j.run_at IS NOT NULL ORDER BY run_at LIMIT 1) AS due_ms
  FROM (SELECT operation_id FROM tally WHERE state IN ('running', 'paused') UNION SELECT unnest($1::text[])) AS w
  JOIN tally t ON t.operation_id = w.operation_id
  JOIN operation o ON o.operation_id = w.operation_id
 ORDER BY t.operation_id

-- name: live_ids
SELECT operation_id FROM tally WHERE state IN ('running', 'paused') ORDER BY operation_id

-- name: missing_effects
-- Outcomes of deliveries whose effect is not to be seen: a settle as synced writes both in one transaction, with one time (I3).
-- A cancelled re-sync takes the time away again, and leaves `failed`.   $1 operations
SELECT d.operation_id || '/' || d.seq, d.key
  FROM job_outcome d
  JOIN operation o ON o.operation_id = d.operation_id AND NOT o.dry_run
  JOIN app_repositories l ON l.app_id = split_part(d.key, '/', 1) AND l.repository_id = split_part(d.key, '/', 2)
 WHERE d.operation_id = ANY ($1::text[]) AND d.kind IN ('resync', 'snapshot') AND d.outcome = 'succeeded'
   AND l.created_at <= d.finished_at
   AND (l.result = 'never' OR l.last_scanned_at < d.finished_at OR (l.last_scanned_at IS NULL AND l.result <> 'failed'))
 ORDER BY d.operation_id, d.seq LIMIT 100

-- name: operation_rows
-- What the rows of an operation say that cannot be (I2).   $1 how many operations to look at, the newest (null = all)
WITH newest AS (SELECT * FROM operation ORDER BY created_at DESC, operation_id DESC LIMIT $1::bigint),
said AS (
    SELECT o.operation_id, w.wrong, w.what
      FROM newest o JOIN tally t USING (operation_id) CROSS JOIN LATERAL (VALUES
           (o.created_at > now() + interval '1 minute', 'was made in the future'),
           (o.finished_at < o.created_at - interval '1 minute', 'ended before it was made'),
           (o.finished_at > now() + interval '1 minute', 'ended in the future'),
           (o.pruned_at < o.finished_at - interval '1 minute' OR (o.pruned_at IS NOT NULL AND o.finished_at IS NULL), 'was pruned before its end'),
           (o.pruned_at > now() + interval '1 minute', 'was pruned in the future'),
           (o.drained_at < o.finished_at - interval '1 minute' OR (o.drained_at IS NOT NULL AND t.state <> 'cancelled'),
            'says that its cancel was over before it was asked for'),
           (o.drained_at > now() + interval '1 minute', 'says that its cancel is over in the future'),
           ((o.error IS NOT NULL) <> (t.state = 'failed'), 'has a reason of failing and has not failed, or the other way round'),
           (jsonb_typeof(o.args) <> 'object', 'has arguments that are no object'),
           (jsonb_typeof(o.phases) <> 'array' OR jsonb_array_length(CASE jsonb_typeof(o.phases) WHEN 'array' THEN o.phases ELSE '[]' END) = 0,
            'has no list of phases'),
           (octet_length(o.request_key) <> 32, 'has no digest of its request'),
           (o.queue NOT IN ('delivery', 'history'), 'has a queue that there is not'),
           (t.phase < 0 OR t.phase >= CASE jsonb_typeof(o.phases) WHEN 'array' THEN jsonb_array_length(o.phases) ELSE 0 END,
            'is in a phase that it does not have'),
           (t.state = 'completed' AND NOT t.planned, 'is completed and was not planned'),
           (t.plan_failures < 0 OR t.plan_failures > 3 OR (t.plan_failures > 0 AND t.planned AND t.state <> 'failed'),
            'counts failures of planning that there cannot have been'),
           (t.loaded_at < o.created_at - interval '1 minute' OR t.loaded_at > now() + interval '1 minute',
            'was loaded before it was made, or in the future'),
           (t.loaded_at IS NULL AND t.succeeded + t.failed + t.skipped > 0, 'has settled jobs and was never loaded'),
           (t.generation < 1 OR t.version < 1, 'has a generation or a version below one'),
           (t.leftover AND t.state NOT IN ('cancelled', 'failed'), 'has jobs to be removed and did not end so'),
           (least(t.total, t.succeeded, t.failed, t.skipped, t.cancelled_jobs, t.last_seq) < 0, 'counts less than nothing'))
           w (wrong, what))
SELECT operation_id, what FROM said WHERE wrong ORDER BY 1, 2 LIMIT 100

-- name: operations
-- The operations to judge: the newest, every live one, those with something left.   $1 how many of the newest (null = all)
SELECT operation_id
  FROM (SELECT operation_id FROM operation ORDER BY created_at DESC, operation_id DESC LIMIT $1::bigint) AS newest
UNION SELECT operation_id FROM tally WHERE state IN ('running', 'paused')
UNION SELECT operation_id FROM tally WHERE leftover
UNION SELECT operation_id FROM tally WHERE $1::bigint IS NULL
ORDER BY operation_id

-- name: orphans
-- Operation ids that stand in a hot table and have no tally: there are no foreign keys that would forbid it. Each distinct id
-- costs one look into an index.   $1 also look through the outcomes
WITH RECURSIVE of_jobs AS (
    (SELECT operation_id FROM job ORDER BY operation_id LIMIT 1)
    UNION ALL
    SELECT (SELECT j.operation_id FROM job j WHERE j.operation_id > w.operation_id ORDER BY j.operation_id LIMIT 1)
      FROM of_jobs w WHERE w.operation_id IS NOT NULL),
of_outcomes AS (
    (SELECT operation_id FROM job_outcome WHERE $1::boolean ORDER BY operation_id LIMIT 1)
    UNION ALL
    SELECT (SELECT d.operation_id FROM job_outcome d WHERE d.operation_id > w.operation_id ORDER BY d.operation_id LIMIT 1)
      FROM of_outcomes w WHERE w.operation_id IS NOT NULL)
SELECT operation_id FROM (SELECT operation_id FROM of_jobs UNION SELECT operation_id FROM of_outcomes) AS known
 WHERE operation_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM tally t WHERE t.operation_id = known.operation_id)
 ORDER BY operation_id LIMIT 100

-- name: references
-- Rows that name what is not there; foreign keys guard some of them, unless they were switched off (I3).
-- $1 how many rows of a large table to look at (null = all)
SELECT 'app_repositories ' || app_id || '/' || repository_id, 'its app or its repository is not there'
  FROM (SELECT * FROM app_repositories LIMIT $1::bigint) l
 WHERE NOT EXISTS (SELECT 1 FROM apps a WHERE a.app_id = l.app_id)
    OR NOT EXISTS (SELECT 1 FROM repositories r WHERE r.repository_id = l.repository_id)
UNION ALL
SELECT 'repository_snapshots ' || repository_id, 'its repository is not there' FROM (SELECT * FROM repository_snapshots LIMIT $1::bigint) s
 WHERE NOT EXISTS (SELECT 1 FROM repositories r WHERE r.repository_id = s.repository_id)
UNION ALL
SELECT 'operation_alias ' || stamp, 'its operation is not there' FROM (SELECT * FROM operation_alias LIMIT $1::bigint) a
 WHERE NOT EXISTS (SELECT 1 FROM operation o WHERE o.operation_id = a.operation_id)
UNION ALL
SELECT 'schedule_tick ' || definition_id || ' ' || tick, 'its definition or its operation is not there'
  FROM (SELECT * FROM schedule_tick LIMIT $1::bigint) s
 WHERE NOT EXISTS (SELECT 1 FROM workflow_definitions d WHERE d.id = s.definition_id)
    OR (operation_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM operation o WHERE o.operation_id = s.operation_id))
UNION ALL
SELECT 'history_pass ' || operation_id, 'its operation is not there'
  FROM (SELECT * FROM history_pass LIMIT $1::bigint) p
 WHERE NOT EXISTS (SELECT 1 FROM operation o WHERE o.operation_id = p.operation_id)
UNION ALL
SELECT 'scanned_run ' || operation_id, 'its operation is not there' FROM (SELECT * FROM scanned_run LIMIT $1::bigint) s
 WHERE NOT EXISTS (SELECT 1 FROM operation o WHERE o.operation_id = s.operation_id)
UNION ALL
SELECT 'workflow_definitions ' || handle, 'its project or its version is not there' FROM workflow_definitions d
 WHERE (project_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM projects p WHERE p.id = d.project_id))
    OR (current_version IS NOT NULL AND NOT EXISTS (SELECT 1 FROM definition_versions v WHERE v.digest = d.current_version))
UNION ALL
SELECT 'pattern_occurrences ' || pattern_id || ' ' || workflow_id, 'its pattern or its run is not there'
  FROM (SELECT * FROM pattern_occurrences LIMIT $1::bigint) o
 WHERE NOT EXISTS (SELECT 1 FROM operation_patterns p WHERE p.id = o.pattern_id)
    OR NOT EXISTS (SELECT 1 FROM workflow_history h WHERE h.id = o.workflow_id)
UNION ALL
SELECT 'definition_history ' || definition_id || ' ' || digest, 'its definition or its version is not there' FROM definition_history y
 WHERE NOT EXISTS (SELECT 1 FROM workflow_definitions d WHERE d.id = y.definition_id)
    OR NOT EXISTS (SELECT 1 FROM definition_versions v WHERE v.digest = y.digest)
UNION ALL
SELECT 'workflow_search ' || id, 'its run is not there, or has another text'
  FROM (SELECT * FROM workflow_search LIMIT $1::bigint) s
 WHERE NOT EXISTS (SELECT 1 FROM workflow_history h WHERE h.id = s.id AND lower(h.nl_input) = s.nl_input)
 ORDER BY 1 LIMIT 100

-- name: release_stale
-- A lease that was not touched for long: any claim of its key could take it.   $1 key
DELETE FROM exclusive WHERE key = $1 AND touched_at < now() - interval '5 minutes' RETURNING worker
