-- Those that are not live any more, or never were.   $1 operations
SELECT a.id FROM unnest($1::text[]) AS a (id) LEFT JOIN tally t ON t.operation_id = a.id
 WHERE t.state IS NULL OR t.state NOT IN ('running', 'paused')
