-- $1 args
SELECT coalesce((SELECT app_name FROM apps WHERE app_id = $1::jsonb ->> 'app_id'), ''), links, files, bytes,
       CASE WHEN links = 0 THEN 'RP404' END, CASE WHEN links = 0 THEN 'No repositories for this app' END
  FROM (SELECT count(*) AS links, sum(files)::bigint AS files, sum(bytes)::bigint AS bytes
          FROM app_repositories WHERE app_id = $1::jsonb ->> 'app_id') l
