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
