-- What failed, by its text, the most frequent first: among the first $2 failures.   $1 operation, $2 failures, $3 texts
SELECT f.error, count(*) AS jobs, min(f.seq) AS first_seq, $1 || '/' || min(f.seq) AS first_job_id,
       sum(count(*)) OVER ()::bigint AS examined
  FROM (SELECT seq, error FROM job_outcome WHERE operation_id = $1 AND outcome = 'failed' ORDER BY seq LIMIT $2) f
 GROUP BY f.error ORDER BY count(*) DESC, min(f.seq) LIMIT $3
