-- $1 app
SELECT
-- include: query/_app.sql
  FROM apps a, (SELECT sum(links) AS links, sum(failed) AS failed FROM link_sum WHERE app_id = $1) s WHERE a.app_id = $1
