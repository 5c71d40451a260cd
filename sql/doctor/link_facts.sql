-- What links say of themselves and what is recorded for them (I3).   $1 apps, $2 repositories
SELECT l.app_id || '/' || l.repository_id, l.result, l.synced_tree_id IS NOT NULL AS synced, l.files, held.n AS held,
       (SELECT count(*) FROM delivery_intents i
         WHERE i.app_id = l.app_id AND i.repository_id = l.repository_id AND l.synced_tree_id IS NOT NULL) AS announced
  FROM unnest($1::text[], $2::text[]) AS w (app_id, repository_id)
  JOIN app_repositories l ON l.app_id = w.app_id AND l.repository_id = w.repository_id
 CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM deliveries d
     WHERE d.app_id = l.app_id AND d.repository_id = l.repository_id AND l.synced_tree_id IS NOT NULL) AS held
 ORDER BY 1
