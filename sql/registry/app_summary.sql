-- $1 app
SELECT app_name, (SELECT count(*) FROM (SELECT 1 FROM app_repositories l WHERE l.app_id = a.app_id LIMIT 1000) c)
  FROM apps a WHERE app_id = $1
