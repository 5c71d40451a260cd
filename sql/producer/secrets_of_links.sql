-- A page of sealed tokens.   $1, $2 after this link
SELECT app_id, repository_id, github_token_encrypted FROM app_repositories
 WHERE github_token_encrypted IS NOT NULL AND (app_id, repository_id) > (coalesce($1::text, ''), coalesce($2::text, ''))
 ORDER BY app_id, repository_id LIMIT 500
