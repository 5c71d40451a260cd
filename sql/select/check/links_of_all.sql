-- $1 args
SELECT 'all apps', links, files, bytes,
       CASE WHEN links = 0 THEN 'RP404' END, CASE WHEN links = 0 THEN 'No app watches a repository' END
  FROM (SELECT count(*) AS links, sum(files)::bigint AS files, sum(bytes)::bigint AS bytes
          FROM app_repositories WHERE $1::jsonb IS NOT NULL) l
