-- What failed, by its text, in the order of the first of each: among the first $2 failures.   $1 operation, $2 failures
SELECT coalesce(f.error, '') AS error, count(*) AS jobs, min(f.seq) AS first_seq
  FROM (SELECT seq, error FROM job_outcome WHERE operation_id = $1 AND outcome = 'failed' ORDER BY seq LIMIT $2) f
 GROUP BY 1 ORDER BY min(f.seq)
