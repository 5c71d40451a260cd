-- name: enter_lists
-- Runs that changed enter the lists of others; only what differs is written.   $1 ids of the others, $2 entries (JSON objects)
UPDATE workflow_history h SET similar_workflows = history_enter(h.similar_workflows, g.entries), updated_at = now()
  FROM (SELECT id, jsonb_agg(entry) AS entries FROM unnest($1::bigint[], $2::text[]::jsonb[]) AS e (id, entry) GROUP BY id) g
 WHERE h.id = g.id AND h.similar_workflows IS NOT NULL
   AND history_enter(h.similar_workflows, g.entries) IS DISTINCT FROM h.similar_workflows

-- name: keep_lists
-- $1 ids, $2 similar_workflows
UPDATE workflow_history h SET similar_workflows = g.list, updated_at = now()
  FROM unnest($1::bigint[], $2::text[]::jsonb[]) AS g (id, list) WHERE h.id = g.id

-- name: lock_lists
-- Rows in one order for all who write lists: those of a chunk's own runs and those that its runs enter.   $1 ids
SELECT 1 FROM (SELECT id FROM workflow_history WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE) locked

-- name: stored_lists
-- The lists as they are; a row for each id, in their order.   $1 adw_ids
SELECT h.id, h.similar_workflows::text
  FROM unnest($1::text[]) WITH ORDINALITY AS asked (id, n) LEFT JOIN workflow_history h ON h.adw_id = asked.id
 ORDER BY n

-- name: to_compare
-- All runs by id, for the index of those that are alike. `changed`: since the last pass; `least`: what another must reach to
-- enter the list as it is, null = there is none.   $1 after this id, $2 limit
SELECT id, nl_input, status, (actual_cost_total * 1000000000)::bigint AS cost_nusd, duration_seconds,
       (pass.seen IS NULL OR (content_xid >= pass.seen AND content_xid < pg_snapshot_xmax(pg_current_snapshot()))) AS changed,
       CASE WHEN jsonb_array_length(similar_workflows) < 5 THEN 0.5
            ELSE (similar_workflows -> 4 ->> 'similarity_score')::double precision END AS least
  FROM workflow_history, (SELECT history_seen('similarity') AS seen) pass
 WHERE id > $1 ORDER BY id LIMIT $2
