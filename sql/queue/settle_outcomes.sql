-- $1 operation, $2 worker, $3 seconds since the chunk began (text of a float), then arrays: $4 seq, $5 phase, $6 kind, $7 key,
-- $8 outcome, $9 attempt, $10 error, $11 result
INSERT INTO job_outcome (operation_id, worker, started_at, seq, phase, kind, key, outcome, attempt, error, result)
SELECT $1, $2, now() - $3::float8 * interval '1 second', o.*
  FROM unnest($4::bigint[], $5::integer[], $6::text[], $7::text[], $8::text[], $9::integer[], $10::text[],
              $11::text[]::jsonb[]) AS o
