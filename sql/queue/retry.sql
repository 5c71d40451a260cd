-- Jobs that are tried again, or put off (failed 0). After a failed try the attempt is raised, so that nobody else's copy of it can
-- settle. Not so where it is put off: a copy that found the key held must not disown the holder, whose attempt it has read.
-- Nor for an exclusive job: its next claim raises it, and attempts then count tries.
-- $1 operation, $2 seqs, $3 attempts, $4 delays in ms, $5 failed tries to add (0 or 1), $6 errors (null = keep),
-- $7 not exclusive. Each is looked up by itself: settle_fence_scattered.sql says why.
WITH fence AS (SELECT share_tally($1, true))
UPDATE job SET attempt = job.attempt + CASE WHEN $7 THEN mine.failed ELSE 0 END, failures = failures + mine.failed, last_error = coalesce(mine.error, last_error),
               run_at = clock_timestamp() + mine.delay_ms * interval '1 millisecond', worker = NULL, load = NULL
  FROM fence, unnest($2::bigint[], $3::integer[], $4::bigint[], $5::integer[], $6::text[]) AS mine (seq, attempt, delay_ms, failed, error)
 WHERE job.ctid = ANY (ARRAY(SELECT one.ctid FROM unnest($2::bigint[]) AS asked (seq)
                              CROSS JOIN LATERAL (SELECT ctid FROM job WHERE operation_id = $1 AND seq = asked.seq OFFSET 0) one))
   AND job.seq = mine.seq AND job.attempt = mine.attempt
RETURNING job.seq
