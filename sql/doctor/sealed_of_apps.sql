-- A page of apps with their sealed keys.   $1 after this app, $2 unused (as of links), $3 how many
SELECT app_id, ''::text, client_auth_key_encrypted FROM apps
 WHERE app_id > coalesce($1::text, '') AND $2::text IS NOT NULL ORDER BY app_id LIMIT $3::bigint
