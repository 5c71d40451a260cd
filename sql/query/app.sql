-- $1 app
SELECT
-- include: query/_app.sql
  FROM apps a WHERE a.app_id = $1
