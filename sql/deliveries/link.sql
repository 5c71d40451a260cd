-- All that a job needs of its link. Times are Unix microseconds of the server's clock.   $1 app, $2 repository
SELECT a.base_url, a.client_auth_key_encrypted, l.github_token_encrypted, r.url, r.owner, r.name, r.branch,
       l.synced_commit, l.synced_tree_id, l.files, l.bytes,
       EXISTS (SELECT 1 FROM deliveries d WHERE d.app_id = l.app_id AND d.repository_id = l.repository_id),
       r.consecutive_failures, (extract(epoch FROM r.circuit_open_until) * 1000000)::bigint,
       (extract(epoch FROM now()) * 1000000)::bigint, l.incarnation, l.withheld, l.withheld_limits
  FROM app_repositories l
  JOIN apps a USING (app_id)
  JOIN repositories r USING (repository_id)
 WHERE l.app_id = $1 AND l.repository_id = $2
