-- Only what differs is written.   $1 adw_ids, $2 anomaly_flags, $3 optimization_recommendations
UPDATE workflow_history h SET anomaly_flags = g.flags, optimization_recommendations = g.advice, updated_at = now()
  FROM unnest($1::text[], $2::text[]::jsonb[], $3::text[]::jsonb[]) AS g (id, flags, advice)
 WHERE h.adw_id = g.id AND (h.anomaly_flags IS DISTINCT FROM g.flags OR h.optimization_recommendations IS DISTINCT FROM g.advice)
