-- A page of the runs that the history holds, in byte order.   $1 after this id, $2 limit
SELECT adw_id FROM workflow_history WHERE adw_id > $1 ORDER BY adw_id LIMIT $2
