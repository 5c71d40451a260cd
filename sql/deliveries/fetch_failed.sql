-- Counts a failed fetch, whoever else counts at the same time. Returns the count, and until when the circuit is open (Unix
-- microseconds) and whether this failure opened it.   $1 repository, $2 threshold, $3 cool-down in ms
WITH before AS (SELECT repository_id, coalesce(circuit_open_until > now(), false) AS was_open
                  FROM repositories WHERE repository_id = $1 FOR UPDATE)
UPDATE repositories r
   SET consecutive_failures = least(r.consecutive_failures, 2147483646) + 1, updated_at = now(),
       circuit_open_until = CASE WHEN r.consecutive_failures + 1 >= $2::integer
                                 THEN now() + $3::bigint * interval '1 millisecond' ELSE r.circuit_open_until END
  FROM before WHERE r.repository_id = before.repository_id
RETURNING r.consecutive_failures, (extract(epoch FROM r.circuit_open_until) * 1000000)::bigint,
          r.consecutive_failures >= $2::integer AND NOT before.was_open
