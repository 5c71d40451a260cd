-- $1 args
SELECT 'all apps', failed, NULL::bigint, NULL::bigint,
       CASE WHEN failed = 0 THEN 'RP404' END, CASE WHEN failed = 0 THEN 'No failed repositories' END
  FROM (SELECT count(*) AS failed FROM app_repositories WHERE result = 'failed' AND $1::jsonb IS NOT NULL) l
