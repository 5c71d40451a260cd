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
SELECT o.operation_id, coalesce((SELECT sum(scanned) FROM counted), 0)::bigint AS scanned,
       runs.inserted + runs.updated AS enriched, runs.inserted, runs.updated,
       runs.succeeded - runs.inserted - runs.updated AS unchanged, t.failed,
       round(extract(epoch FROM coalesce(o.finished_at, now()) - o.created_at), 3) AS duration_seconds, phases.list AS phases
  FROM operation o JOIN tally t USING (operation_id), runs, phases
 WHERE o.operation_id = $1
