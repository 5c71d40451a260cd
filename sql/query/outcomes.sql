-- In the jobs' order. `subject` is what a person would call a link that still exists.
-- $1 limit, $2 offset, $3 after this seq, $4 operation, $5 outcome (null = any),
-- $6 texts of errors (null = any)
SELECT p.seq::text AS cursor_1,
       p.seq, p.operation_id || '/' || p.seq AS job_id, p.phase + 1 AS phase, p.kind, p.key,
       coalesce(a.app_name || ': ' || r.owner || '/' || r.name, p.key) AS subject,
       p.outcome, p.attempt, p.error, p.result, p.worker,
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
