-- $1 app
SELECT app_name, (SELECT coalesce(sum(links), 0)::bigint FROM link_sum l WHERE l.app_id = a.app_id)
  FROM apps a WHERE app_id = $1
