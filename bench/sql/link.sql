-- One app, one repository and their link. Any of them may be there already.
INSERT INTO apps (app_id, app_name, base_url, client_auth_key_encrypted)
VALUES (:app_id:, 'Bench', :base_url:, :sealed:) ON CONFLICT DO NOTHING;
INSERT INTO repositories (repository_id, url, owner, name)
VALUES (:repository_id:, :url:, 'owner', 'name') ON CONFLICT DO NOTHING;
INSERT INTO app_repositories (app_id, repository_id) VALUES (:app_id:, :repository_id:) ON CONFLICT DO NOTHING
