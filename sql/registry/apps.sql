-- name: app_insert
-- No row: an app of that name is there.
-- $1 id, $2 name, $3 base URL, $4 email, $5 website, $6 description, $7 sealed key
INSERT INTO apps (app_id, app_name, base_url, email, website, description, client_auth_key_encrypted)
SELECT $1, $2, $3, $4, $5, $6, $7 WHERE NOT EXISTS (SELECT 1 FROM apps WHERE app_name = $2)
RETURNING to_char(created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')

-- name: app_remove_step
-- True once the app is gone, with its links and all that it was sent.   $1 app
SELECT remove_app_step($1, 10000)

-- name: app_replace_key
-- No row: there is no such app.   $1 app, $2 sealed key
UPDATE apps SET client_auth_key_encrypted = $2 WHERE app_id = $1 RETURNING app_name

-- name: app_summary
-- $1 app
SELECT app_name, (SELECT coalesce(sum(links), 0)::bigint FROM link_sum l WHERE l.app_id = a.app_id)
  FROM apps a WHERE app_id = $1

-- name: apps_lock
-- Registrations come one after the other, so that a name is given once.
LOCK TABLE apps IN SHARE ROW EXCLUSIVE MODE
