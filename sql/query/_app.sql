       a.app_id, a.app_name, a.base_url, a.email, a.website, a.description,
       coalesce(s.links, 0)::bigint AS repositories, coalesce(s.failed, 0)::bigint AS failed_repositories,
       to_char(a.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at,
       (extract(epoch FROM now() - a.created_at) * 1000)::bigint AS created_ago_ms
