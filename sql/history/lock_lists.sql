-- Rows in one order for all who write lists: those of a chunk's own runs and those that its runs enter.   $1 ids
SELECT 1 FROM (SELECT id FROM workflow_history WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE) locked
