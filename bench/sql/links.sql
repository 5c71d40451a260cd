-- So many links without a repository behind them: apps × repositories, at an address where nothing listens.
INSERT INTO apps (app_id, app_name, base_url, client_auth_key_encrypted)
SELECT 'app_' || lpad(to_hex(i), 24, '0'), 'App ' || i, :base_url:, :sealed: FROM generate_series(1, :apps:) i;
INSERT INTO repositories (repository_id, url, owner, name)
SELECT 'repo_' || lpad(to_hex(i), 24, '0'), :url: || i, 'owner', 'name' || i FROM generate_series(1, :repositories:) i;
INSERT INTO app_repositories (app_id, repository_id)
SELECT 'app_' || lpad(to_hex(a), 24, '0'), 'repo_' || lpad(to_hex(r), 24, '0')
  FROM generate_series(1, :apps:) a, generate_series(1, :repositories:) r;
ANALYZE apps; ANALYZE repositories; ANALYZE app_repositories
