-- The links to judge: those that were synced last.   $1 how many (null = all)
SELECT app_id, repository_id FROM app_repositories
 WHERE result <> 'never' OR synced_tree_id IS NOT NULL
 ORDER BY last_scanned_at DESC NULLS LAST, app_id, repository_id LIMIT $1::bigint
