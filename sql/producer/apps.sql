-- By name. Links are counted up to 1000 (producer/list.h): a list must not count a million.
-- $1 limit, $2 after this app (null = from the first)
SELECT a.app_id, a.app_name, a.base_url, a.email, a.website, a.description,
       (SELECT count(*) FROM (SELECT 1 FROM app_repositories l WHERE l.app_id = a.app_id LIMIT 1000) c) AS repositories,
       (SELECT count(*) FROM (SELECT 1 FROM app_repositories l WHERE l.app_id = a.app_id AND l.result = 'failed' LIMIT 1000) c)
           AS failed_repositories,
       to_char(a.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at,
       (extract(epoch FROM now() - a.created_at) * 1000)::bigint AS created_ago_ms
  FROM apps a
 WHERE $2::text IS NULL OR (a.app_name, a.app_id) > (SELECT b.app_name, b.app_id FROM apps b WHERE b.app_id = $2)
 ORDER BY a.app_name, a.app_id LIMIT $1
