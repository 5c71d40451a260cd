-- The operations to judge: the newest, every live one, those with something left.   $1 how many of the newest (null = all)
SELECT operation_id
  FROM (SELECT operation_id FROM operation ORDER BY created_at DESC, operation_id DESC LIMIT $1::bigint) AS newest
UNION SELECT operation_id FROM tally WHERE state IN ('running', 'paused')
UNION SELECT operation_id FROM tally WHERE leftover
UNION SELECT operation_id FROM tally WHERE $1::bigint IS NULL
ORDER BY operation_id
