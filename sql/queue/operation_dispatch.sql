-- What `open` needs beside operation_get: the lowest open seq (else beyond the last) and the earliest due time, a delay in ms.
-- $1 operation
SELECT coalesce((SELECT seq FROM job WHERE operation_id = $1 ORDER BY seq LIMIT 1), t.last_seq + 1),
       (SELECT greatest(0, extract(epoch FROM run_at - clock_timestamp()) * 1000)::bigint
          FROM job WHERE operation_id = $1 AND run_at IS NOT NULL ORDER BY run_at LIMIT 1)
  FROM tally t WHERE operation_id = $1
