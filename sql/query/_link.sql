SELECT s.app_id AS cursor_1, s.repository_id AS cursor_2,
       s.app_id || '/' || s.repository_id AS link_id, s.app_id, a.app_name, s.repository_id,
       s.owner, s.name, s.owner || '/' || s.name AS repository, s.url, s.branch, s.status, s.last_error, s.retry_count,
       s.files, s.bytes, s.synced_commit, s.github_token_encrypted IS NOT NULL AS has_token, s.circuit_open,
       s.consecutive_failures,
       to_char(s.last_scanned_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS last_scanned_at,
       (extract(epoch FROM now() - s.last_scanned_at) * 1000)::bigint AS scanned_ago_ms,
       to_char(s.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at
  FROM page JOIN link_status s USING (app_id, repository_id) JOIN apps a USING (app_id)
 ORDER BY s.app_id, s.repository_id
