-- name: sync_preview
-- What a sync would do, from the outcomes of its dry run. `or_more`: a phase that compares runs also looks at the runs that
-- depend on those that changed, which only the phases before it can tell.   $1 operation
WITH looked AS (
    SELECT seq, kind, key, outcome, error, result, coalesce(result ->> 'did', outcome) AS did,
           row_number() OVER (PARTITION BY kind, outcome, result ->> 'did' ORDER BY key) AS n
      FROM job_outcome WHERE operation_id = $1),
counted AS (
    SELECT count(*) FILTER (WHERE did = 'inserted') AS inserted, count(*) FILTER (WHERE did = 'updated') AS updated,
           count(*) FILTER (WHERE did = 'succeeded') AS unchanged, count(*) FILTER (WHERE did = 'skipped') AS skipped,
           coalesce(jsonb_agg(key ORDER BY key) FILTER (WHERE did = 'inserted' AND n <= 5), '[]') AS first_inserted,
           coalesce(jsonb_agg(jsonb_build_object('adw_id', key, 'old_cost', result -> 'old_cost',
                                                 'new_cost', result -> 'new_cost') ORDER BY key)
                    FILTER (WHERE did = 'updated' AND n <= 5), '[]') AS first_updated
      FROM looked WHERE kind = 'enrich'),
broken AS (
    SELECT coalesce(jsonb_agg(jsonb_build_object('adw_id', key, 'error', error) ORDER BY key) FILTER (WHERE n <= 5), '[]') AS list
      FROM looked WHERE outcome = 'failed'),
scan AS (SELECT result FROM looked WHERE kind = 'scan' AND outcome = 'succeeded'),
-- What others would be compared with: what is new, and what an earlier sync or re-sync has left to be compared.
waiting AS (
    SELECT k.kind, h.adw_id, h.pattern_signature
      FROM (VALUES ('score'), ('similarity'), ('patterns')) AS k (kind), LATERAL (SELECT history_seen(k.kind) AS seen) pass,
           LATERAL (SELECT id FROM workflow_ranked WHERE
-- include: kinds/_changed
           ) changed JOIN workflow_history h USING (id)
    UNION
    SELECT k.kind, l.key, NULL FROM (VALUES ('score'), ('similarity'), ('patterns')) AS k (kind), looked l
     WHERE l.did IN ('inserted', 'updated')),
signatures AS (
    SELECT result ->> 'pattern' AS signature FROM looked WHERE result ? 'pattern'
    UNION SELECT pattern_signature FROM waiting WHERE kind = 'patterns'
    UNION SELECT h.pattern_signature FROM looked l JOIN workflow_history h ON h.adw_id = l.key WHERE l.did = 'updated'),
would AS (
    SELECT 'scan' AS kind, 1::bigint AS jobs, false AS or_more
    UNION ALL SELECT 'enrich', (SELECT (result ->> 'scanned')::bigint FROM scan), false
    UNION ALL SELECT kind, count(DISTINCT adw_id), count(*) > 0 FROM waiting WHERE kind <> 'patterns' GROUP BY kind
    UNION ALL SELECT 'patterns', count(signature), false FROM signatures),
phases AS (
    SELECT jsonb_agg(jsonb_build_object('id', p.phase ->> 'id', 'label', p.phase ->> 'label', 'jobs', coalesce(w.jobs, 0),
                                        'or_more', coalesce(w.or_more, false)) ORDER BY p.number) AS list
      FROM operation o, jsonb_array_elements(o.phases) WITH ORDINALITY AS p (phase, number)
      LEFT JOIN would w ON w.kind = p.phase ->> 'job'
     WHERE o.operation_id = $1)
SELECT o.operation_id, o.dry_run, (SELECT (result ->> 'scanned')::bigint FROM scan) AS scanned,
       c.inserted, c.updated, c.unchanged, t.failed, c.skipped, (SELECT (result ->> 'missing')::bigint FROM scan) AS missing,
       c.first_inserted, c.first_updated, broken.list AS first_failed,
       coalesce((SELECT result -> 'first_missing' FROM scan), '[]') AS first_missing, phases.list AS phases,
       round(extract(epoch FROM coalesce(o.finished_at, now()) - o.created_at), 3) AS duration_seconds
  FROM operation o JOIN tally t USING (operation_id), counted c, broken, phases
 WHERE o.operation_id = $1

-- name: sync_result
-- What a sync did, from its outcomes.   $1 operation
WITH counted AS (
    SELECT phase, kind, outcome, count(*) AS n,
           count(*) FILTER (WHERE result ->> 'did' = 'inserted') AS inserted,
           count(*) FILTER (WHERE result ->> 'did' = 'updated') AS updated,
           sum((result ->> 'scanned')::bigint) AS scanned
      FROM job_outcome WHERE operation_id = $1 GROUP BY phase, kind, outcome),
runs AS (
    SELECT coalesce(sum(n) FILTER (WHERE outcome = 'succeeded'), 0)::bigint AS succeeded,
           coalesce(sum(inserted), 0)::bigint AS inserted, coalesce(sum(updated), 0)::bigint AS updated
      FROM counted WHERE kind = 'enrich'),
phases AS (
    SELECT jsonb_agg(jsonb_build_object('id', p.phase ->> 'id', 'label', p.phase ->> 'label',
                                        'succeeded', coalesce(c.succeeded, 0), 'failed', coalesce(c.failed, 0),
                                        'skipped', coalesce(c.skipped, 0)) ORDER BY p.number) AS list
      FROM operation o, jsonb_array_elements(o.phases) WITH ORDINALITY AS p (phase, number)
      LEFT JOIN LATERAL (SELECT sum(n) FILTER (WHERE outcome = 'succeeded') AS succeeded,
                                sum(n) FILTER (WHERE outcome = 'failed') AS failed,
                                sum(n) FILTER (WHERE outcome = 'skipped') AS skipped
                           FROM counted WHERE counted.phase = p.number - 1) c ON true
     WHERE o.operation_id = $1)
SELECT o.operation_id, (SELECT sum(scanned) FROM counted)::bigint AS scanned,
       runs.inserted + runs.updated AS enriched, runs.inserted, runs.updated,
       runs.succeeded - runs.inserted - runs.updated AS unchanged, t.failed,
       round(extract(epoch FROM coalesce(o.finished_at, now()) - o.created_at), 3) AS duration_seconds, phases.list AS phases
  FROM operation o JOIN tally t USING (operation_id), runs, phases
 WHERE o.operation_id = $1
