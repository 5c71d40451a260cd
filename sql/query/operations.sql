-- The newest first.   $1 limit, $2 offset, $3, $4 after this time and id, $5 state (null = any)
SELECT o.created_at::text AS cursor_1, o.operation_id AS cursor_2,
       o.operation_id, o.definition, o.subject, t.state, t.phase + 1 AS phase, jsonb_array_length(o.phases) AS phases,
       t.planned, t.total, t.succeeded + t.failed + t.skipped AS completed, t.succeeded, t.failed, t.skipped,
       CASE WHEN t.state IN ('cancelled', 'failed') THEN t.total - t.succeeded - t.failed - t.skipped
            ELSE t.cancelled_jobs END AS cancelled_jobs, o.dry_run, o.requested_by, o.error,
       to_char(o.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at,
       (extract(epoch FROM now() - o.created_at) * 1000)::bigint AS created_ago_ms,
       to_char(o.finished_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS finished_at,
       to_char(o.pruned_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS pruned_at
  FROM operation o JOIN tally t USING (operation_id)
 WHERE ($4::text IS NULL OR (o.created_at, o.operation_id) < ($3::text::timestamptz, $4))
   AND ($5::text IS NULL OR t.state = $5)
 ORDER BY o.created_at DESC, o.operation_id DESC LIMIT $1 OFFSET $2
