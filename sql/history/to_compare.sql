-- All runs by id, for the index of those that are alike; `changed`: since the last pass.   $1 after this id, $2 limit
SELECT id, nl_input, status, (actual_cost_total * 1000000000)::bigint AS cost_nusd, duration_seconds,
       (pass.seen IS NULL OR (content_xid >= pass.seen AND content_xid < pg_snapshot_xmax(pg_current_snapshot()))) AS changed
  FROM workflow_history, (SELECT history_seen('similarity') AS seen) pass
 WHERE id > $1 ORDER BY id LIMIT $2
