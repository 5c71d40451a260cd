-- No row: an app of that name is there.
-- $1 id, $2 name, $3 base URL, $4 email, $5 website, $6 description, $7 sealed key
INSERT INTO apps (app_id, app_name, base_url, email, website, description, client_auth_key_encrypted)
SELECT $1, $2, $3, $4, $5, $6, $7 WHERE NOT EXISTS (SELECT 1 FROM apps WHERE app_name = $2)
RETURNING to_char(created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
