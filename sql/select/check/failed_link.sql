-- A retry of one link, which must have failed. What it will send depends on what the app has.   $1 args
SELECT coalesce(a.app_name || ': ' || r.owner || '/' || r.name, ''), 1, NULL::bigint, NULL::bigint,
       CASE WHEN l.app_id IS NULL THEN 'RP404' WHEN l.result <> 'failed' THEN 'RP409' END,
       CASE WHEN a.app_id IS NULL THEN format('There is no app %s', given.app_id)
            WHEN r.repository_id IS NULL THEN format('There is no repository %s', given.repository_id)
            WHEN l.app_id IS NULL THEN format('The app %s does not watch the repository %s', given.app_id, given.repository_id)
            WHEN l.result = 'never' THEN 'Only a failed repository can be retried; this one was never sent'
            WHEN l.result = 'synced' THEN 'Only a failed repository can be retried; this one is synced'
       END
  FROM (SELECT $1::jsonb ->> 'app_id' AS app_id, $1::jsonb ->> 'repository_id' AS repository_id) given
  LEFT JOIN apps a ON a.app_id = given.app_id
  LEFT JOIN repositories r ON r.repository_id = given.repository_id
  LEFT JOIN app_repositories l ON l.app_id = given.app_id AND l.repository_id = given.repository_id
