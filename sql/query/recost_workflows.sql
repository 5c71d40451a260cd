-- $1 limit, $2 offset, $3 after this seq, $4 operation
SELECT seq::text AS cursor_1,
-- include: query/_recost_workflow.sql
  FROM job_outcome
 WHERE operation_id = $4 AND ($3::text IS NULL OR seq > $3::text::bigint)
 ORDER BY seq LIMIT $1 OFFSET $2
