-- A page of sealed keys.   $1 after this app
SELECT app_id, NULL::text, client_auth_key_encrypted FROM apps WHERE app_id > coalesce($1::text, '') ORDER BY app_id LIMIT 500
