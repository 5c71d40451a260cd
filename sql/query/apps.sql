-- name: _app
       a.app_id, a.app_name, a.base_url, a.email, a.website, a.description,
       coalesce(s.links, 0)::bigint AS repositories, coalesce(s.failed, 0)::bigint AS failed_repositories,
       to_char(a.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at,
       (extract(epoch FROM now() - a.created_at) * 1000)::bigint AS created_ago_ms

-- name: app
-- $1 app
SELECT
-- include: query/_app
  FROM apps a, (SELECT sum(links) AS links, sum(failed) AS failed FROM link_sum WHERE app_id = $1) s WHERE a.app_id = $1

-- name: apps
-- By name. The sums of links are read once for all apps, however many of them are fresh and whatever the planner thinks of that.
-- $1 limit, $2 offset, $3, $4 after this name and id
WITH page AS MATERIALIZED (
    SELECT * FROM apps
     WHERE $4::text IS NULL OR (app_name, app_id) > ($3::text, $4)
     ORDER BY app_name, app_id LIMIT $1 OFFSET $2),
sums AS MATERIALIZED (
    SELECT app_id, sum(links) AS links, sum(failed) AS failed FROM link_sum
     WHERE app_id IN (SELECT app_id FROM page) GROUP BY app_id)
SELECT a.app_name AS cursor_1, a.app_id AS cursor_2,
-- include: query/_app
  FROM page a LEFT JOIN sums s USING (app_id)
 ORDER BY a.app_name, a.app_id
