-- Rows that only held the error of a file which is gone, or has a name now.   $1 ids
DELETE FROM workflow_definitions WHERE id = ANY ($1::bigint[]) AND current_version IS NULL
