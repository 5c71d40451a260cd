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
