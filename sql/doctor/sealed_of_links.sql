-- A page of links with their sealed tokens, most of which have none.   $1, $2 after this link, $3 how many
SELECT app_id, repository_id, github_token_encrypted FROM app_repositories
 WHERE (app_id, repository_id) > (coalesce($1::text, ''), coalesce($2::text, ''))
 ORDER BY app_id, repository_id LIMIT $3::bigint
