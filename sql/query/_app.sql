       a.app_id, a.app_name, a.base_url, a.email, a.website, a.description,
       (SELECT count(*) FROM (SELECT 1 FROM app_repositories l WHERE l.app_id = a.app_id LIMIT 1000) c) AS repositories,
       (SELECT count(*) FROM (SELECT 1 FROM app_repositories l WHERE l.app_id = a.app_id AND l.result = 'failed' LIMIT 1000) c)
           AS failed_repositories,
       to_char(a.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at,
       (extract(epoch FROM now() - a.created_at) * 1000)::bigint AS created_ago_ms
