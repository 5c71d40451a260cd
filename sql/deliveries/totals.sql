-- $1 app, $2 repository
SELECT count(*), coalesce(sum(size), 0)::bigint FROM deliveries WHERE app_id = $1 AND repository_id = $2
