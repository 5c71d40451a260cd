-- name: secret_of_app_reseal
-- Only while it is still what was read.   $1 app, $2 unused, $3 as read, $4 sealed with the new key
UPDATE apps SET client_auth_key_encrypted = $4 WHERE app_id = $1 AND $2::text IS NULL AND client_auth_key_encrypted = $3

-- name: secret_of_link_reseal
-- Only while it is still what was read.   $1 app, $2 repository, $3 as read, $4 sealed with the new key
UPDATE app_repositories SET github_token_encrypted = $4
 WHERE app_id = $1 AND repository_id = $2 AND github_token_encrypted = $3

-- name: secrets_of_apps
-- A page of sealed keys.   $1 after this app
SELECT app_id, NULL::text, client_auth_key_encrypted FROM apps WHERE app_id > coalesce($1::text, '') ORDER BY app_id LIMIT 500

-- name: secrets_of_links
-- A page of sealed tokens.   $1, $2 after this link
SELECT app_id, repository_id, github_token_encrypted FROM app_repositories
 WHERE github_token_encrypted IS NOT NULL AND (app_id, repository_id) > (coalesce($1::text, ''), coalesce($2::text, ''))
 ORDER BY app_id, repository_id LIMIT 500
