-- name: fold_sums
-- Adds up what changes of the history have left in its sums, a step at a time.
SELECT history_fold(20000)

-- name: forget_passes
-- Passes that no pass which counts, or will, stands beside: newer ones have seen all that they saw.
DELETE FROM history_pass p USING operation o
 WHERE o.operation_id = p.operation_id AND o.finished_at < now() - interval '1 day' AND p.through < history_seen(p.kind)

-- name: forget_scanned
-- What scans of operations that have ended had found, at most $1 rows of it.
DELETE FROM scanned_run WHERE ctid = ANY (ARRAY(
    SELECT s.ctid FROM scanned_run s
     WHERE NOT EXISTS (SELECT 1 FROM tally t WHERE t.operation_id = s.operation_id AND t.state IN ('running', 'paused'))
     LIMIT $1))

-- name: keep_flags
-- Only what differs is written.   $1 adw_ids, $2 anomaly_flags, $3 optimization_recommendations
UPDATE workflow_history h SET anomaly_flags = g.flags, optimization_recommendations = g.advice, updated_at = now()
  FROM unnest($1::text[], $2::text[]::jsonb[], $3::text[]::jsonb[]) AS g (id, flags, advice)
 WHERE h.adw_id = g.id AND (h.anomaly_flags IS DISTINCT FROM g.flags OR h.optimization_recommendations IS DISTINCT FROM g.advice)

-- name: keep_scanned
-- $1 operation, $2 adw_ids
INSERT INTO scanned_run (operation_id, adw_id) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING

-- name: store
-- $1 operation, $2 whether the webhook is told, $3 new rows (JSON array), $4 how many, $5 other rows (JSON array), then arrays.
-- Of the others as they were read: $6 digests, $7 costs, $8 statuses; $9 1 = its cost columns stay. Of those whose cost changes:
-- $10 adw_ids, $11 old costs, $12 new ones, $13 old statuses, $14 new ones, $15 reasons
SELECT history_store($1, $2, $3::text::json, $4, $5::text::json, $6::text[], $7::bigint[], $8::text[], $9::integer[], $10::text[],
                     $11::bigint[], $12::bigint[], $13::text[], $14::text[], $15::text[])

-- name: stored_ids
-- A page of the runs that the history holds, in byte order.   $1 after this id, $2 limit
SELECT adw_id FROM workflow_history WHERE adw_id > $1 ORDER BY adw_id LIMIT $2

-- name: stored_sources
-- What a sync compares with what it finds; a row for each id, in their order.   $1 adw_ids
SELECT h.status, (h.actual_cost_total * 1000000000)::bigint AS cost_nusd, h.source_digest, h.source_signature
  FROM unnest($1::text[]) WITH ORDINALITY AS asked (id, n) LEFT JOIN workflow_history h ON h.adw_id = asked.id
 ORDER BY n

-- name: templates
-- What runs of each template cost and take, for the means of the others. Durations are added up as numerics: the same sum in
-- whatever order.
SELECT workflow_template, count(*) AS runs,
       coalesce(sum(actual_cost_total * 1000000000) FILTER (WHERE actual_cost_total > 0), 0)::bigint AS cost_nusd,
       count(*) FILTER (WHERE actual_cost_total > 0) AS costs,
       coalesce(sum(duration_seconds::numeric) FILTER (WHERE duration_seconds > 0), 0)::double precision AS duration_s,
       count(*) FILTER (WHERE duration_seconds > 0) AS durations
  FROM workflow_history WHERE workflow_template IS NOT NULL GROUP BY workflow_template

-- name: to_score
-- What anomalies and recommendations ask of runs; a row for each id, in their order.   $1 adw_ids
SELECT h.adw_id, h.workflow_template, (h.actual_cost_total * 1000000000)::bigint AS cost_nusd, h.duration_seconds,
       h.retry_count, h.error_count, h.cache_hit_tokens, h.cache_miss_tokens + h.cached_tokens + h.cache_hit_tokens AS input_tokens,
       h.error_category, h.nl_input_word_count, h.model_used
  FROM unnest($1::text[]) WITH ORDINALITY AS asked (id, n) LEFT JOIN workflow_history h ON h.adw_id = asked.id
 ORDER BY n
