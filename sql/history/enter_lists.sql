-- Runs that changed enter the lists of others; only what differs is written.   $1 ids of the others, $2 entries (JSON objects)
UPDATE workflow_history h SET similar_workflows = history_enter(h.similar_workflows, g.entries), updated_at = now()
  FROM (SELECT id, jsonb_agg(entry) AS entries FROM unnest($1::bigint[], $2::text[]::jsonb[]) AS e (id, entry) GROUP BY id) g
 WHERE h.id = g.id AND h.similar_workflows IS NOT NULL
   AND history_enter(h.similar_workflows, g.entries) IS DISTINCT FROM h.similar_workflows
