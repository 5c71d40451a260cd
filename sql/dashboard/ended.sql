-- Those of the operations that have ended, and those that there are no more.   $1 operations
SELECT w.id FROM unnest($1::text[]) AS w (id) LEFT JOIN operation o ON o.operation_id = w.id
 WHERE o.operation_id IS NULL OR o.finished_at IS NOT NULL
