-- $1 app, $2 URL, $3 sealed token (or null)
INSERT INTO app_repositories (app_id, repository_id, github_token_encrypted)
SELECT $1, repository_id, $3 FROM repositories WHERE url = $2
ON CONFLICT DO NOTHING RETURNING repository_id
