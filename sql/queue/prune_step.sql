-- $1 operation, $2 at most
DELETE FROM job_outcome WHERE operation_id = $1
   AND seq = ANY (ARRAY(SELECT seq FROM job_outcome WHERE operation_id = $1 ORDER BY seq LIMIT $2))
