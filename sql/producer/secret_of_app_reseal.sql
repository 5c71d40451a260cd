-- Only while it is still what was read.   $1 app, $2 unused, $3 as read, $4 sealed anew
UPDATE apps SET client_auth_key_encrypted = $4 WHERE app_id = $1 AND $2::text IS NULL AND client_auth_key_encrypted = $3
