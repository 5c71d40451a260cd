-- By name. Links are counted up to 1000 (common/query/apps.h): a list must not count a million.
-- $1 limit, $2 offset, $3, $4 after this name and id
SELECT a.app_name AS cursor_1, a.app_id AS cursor_2,
-- include: query/_app.sql
  FROM apps a
 WHERE $4::text IS NULL OR (a.app_name, a.app_id) > ($3::text, $4)
 ORDER BY a.app_name, a.app_id LIMIT $1 OFFSET $2
