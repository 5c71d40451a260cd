-- name: add_occurrences
-- Each run of a pattern counts once.   $1 signature
INSERT INTO pattern_occurrences (pattern_id, workflow_id)
SELECT p.id, h.id FROM operation_patterns p JOIN workflow_history h ON h.pattern_signature = p.signature
 WHERE p.signature = $1
   AND NOT EXISTS (SELECT 1 FROM pattern_occurrences o WHERE o.pattern_id = p.id AND o.workflow_id = h.id)
    ON CONFLICT DO NOTHING

-- name: keep_pattern
-- Only what differs is written. A pattern that no run has any more keeps its times.
-- $1 signature, $2 first detected (null = as it is), $3 last seen, $4 occurrences, $5 mean tokens, $6 mean cost, $7 confidence
INSERT INTO operation_patterns AS p (signature, first_detected, last_seen, occurrence_count, mean_tokens, mean_cost, confidence)
VALUES ($1, coalesce($2::text::timestamptz, now()), coalesce($3::text::timestamptz, now()), $4, $5::text::float8,
        $6::text::numeric, $7)
    ON CONFLICT (signature) DO UPDATE
   SET first_detected = coalesce($2::text::timestamptz, p.first_detected), last_seen = coalesce($3::text::timestamptz, p.last_seen),
       occurrence_count = excluded.occurrence_count, mean_tokens = excluded.mean_tokens, mean_cost = excluded.mean_cost,
       confidence = excluded.confidence, updated_at = now()
 WHERE (p.first_detected, p.last_seen, p.occurrence_count, p.mean_tokens, p.mean_cost, p.confidence)
       IS DISTINCT FROM (coalesce($2::text::timestamptz, p.first_detected), coalesce($3::text::timestamptz, p.last_seen),
                         excluded.occurrence_count, excluded.mean_tokens, excluded.mean_cost, excluded.confidence)

-- name: pattern_evidence
-- $1 signature
SELECT count(*) AS occurrences, count(duration_seconds) AS durations, var_pop(duration_seconds) AS duration_variance,
       avg(error_count) AS mean_errors, avg(retry_count) AS mean_retries, avg(total_tokens) AS mean_tokens,
       round(avg(actual_cost_total), 9)::text AS mean_cost, min(coalesce(start_time, created_at))::text AS first_detected,
       max(coalesce(start_time, created_at))::text AS last_seen
  FROM workflow_history WHERE pattern_signature = $1

-- name: remove_occurrences
-- Runs that have another text now.   $1 signature
DELETE FROM pattern_occurrences o USING operation_patterns p, workflow_history h
 WHERE p.signature = $1 AND o.pattern_id = p.id AND h.id = o.workflow_id AND h.pattern_signature IS DISTINCT FROM p.signature
