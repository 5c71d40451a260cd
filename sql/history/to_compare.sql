-- All runs by id, for the index of those that are alike. `changed`: since the last pass; `least`: what another must reach to
-- enter the list as it is, null = there is none.   $1 after this id, $2 limit
SELECT id, nl_input, status, (actual_cost_total * 1000000000)::bigint AS cost_nusd, duration_seconds,
       (pass.seen IS NULL OR (content_xid >= pass.seen AND content_xid < pg_snapshot_xmax(pg_current_snapshot()))) AS changed,
       CASE WHEN jsonb_array_length(similar_workflows) < 5 THEN 0.5
            ELSE (similar_workflows -> 4 ->> 'similarity_score')::double precision END AS least
  FROM workflow_history, (SELECT history_seen('similarity') AS seen) pass
 WHERE id > $1 ORDER BY id LIMIT $2
