-- An id counts before a name; two rows are enough to say that a name is not unique.   $1 id or name
SELECT app_id FROM apps
 WHERE app_id = $1 OR (app_name = $1 AND NOT EXISTS (SELECT 1 FROM apps WHERE app_id = $1))
 ORDER BY app_id LIMIT 2
