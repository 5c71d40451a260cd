-- One step of removing what a cancelled (or unplannable) operation leaves: the open jobs of one range go. A range and no list: where
-- the planner knows nothing of the table yet, it compares each row with each entry of a list of thousands (tried).
-- $1 operation, $2 lowest seq, $3 highest seq
DELETE FROM job WHERE operation_id = $1 AND seq BETWEEN $2 AND $3
RETURNING seq, kind, key, checkpoint::text
