-- $1 ids, $2 similar_workflows
UPDATE workflow_history h SET similar_workflows = g.list, updated_at = now()
  FROM unnest($1::bigint[], $2::text[]::jsonb[]) AS g (id, list) WHERE h.id = g.id
