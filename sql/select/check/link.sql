-- A re-sync of one link, whatever its result. What it re-sends is what its last complete tree held.   $1 args
SELECT coalesce(a.app_name || ': ' || r.owner || '/' || r.name, ''), 1, l.files, l.bytes,
       CASE WHEN l.app_id IS NULL THEN 'RP404' END,
       CASE WHEN a.app_id IS NULL THEN format('There is no app %s', given.app_id)
            WHEN r.repository_id IS NULL THEN format('There is no repository %s', given.repository_id)
            WHEN l.app_id IS NULL THEN format('The app %s does not watch the repository %s', given.app_id, given.repository_id)
       END
  FROM (SELECT $1::jsonb ->> 'app_id' AS app_id, $1::jsonb ->> 'repository_id' AS repository_id) given
  LEFT JOIN apps a ON a.app_id = given.app_id
  LEFT JOIN repositories r ON r.repository_id = given.repository_id
  LEFT JOIN app_repositories l ON l.app_id = given.app_id AND l.repository_id = given.repository_id
