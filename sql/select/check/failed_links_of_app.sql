-- $1 args
SELECT coalesce((SELECT app_name FROM apps WHERE app_id = $1::jsonb ->> 'app_id'), ''), failed, NULL::bigint, NULL::bigint,
       CASE WHEN failed = 0 THEN 'RP404' END,
       CASE WHEN failed > 0 THEN NULL
            WHEN EXISTS (SELECT 1 FROM app_repositories WHERE app_id = $1::jsonb ->> 'app_id')
                THEN 'No failed repositories for this app'
            ELSE 'No repositories for this app' END
  FROM (SELECT count(*) AS failed
          FROM app_repositories WHERE app_id = $1::jsonb ->> 'app_id' AND result = 'failed') l
