-- Among what the app watches: an id or URL counts before owner/name.   $1 app, $2 id, URL or owner/name
WITH exact AS (
    SELECT r.repository_id FROM repositories r JOIN app_repositories l USING (repository_id)
     WHERE l.app_id = $1 AND (r.repository_id = $2 OR r.url = $2))
SELECT repository_id FROM exact
UNION ALL
SELECT r.repository_id FROM app_repositories l JOIN repositories r USING (repository_id)
 WHERE l.app_id = $1 AND r.owner || '/' || r.name = $2 AND NOT EXISTS (SELECT 1 FROM exact)
 ORDER BY 1 LIMIT 2
