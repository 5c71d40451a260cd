-- The first change of an attempt: from here on the deliveries equal no tree.   $1 app, $2 repository
UPDATE app_repositories SET synced_tree_id = NULL WHERE app_id = $1 AND repository_id = $2 AND synced_tree_id IS NOT NULL
