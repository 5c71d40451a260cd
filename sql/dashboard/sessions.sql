-- name: session_close
-- $1 digest of the token
DELETE FROM dashboard_session WHERE token_sha256 = $1

-- name: session_expire
-- Those that have ended, a step of them at each login.
DELETE FROM dashboard_session WHERE token_sha256 IN (
    SELECT token_sha256 FROM dashboard_session WHERE seen_at <= now() - interval '1 hour' ORDER BY seen_at LIMIT 1000)

-- name: session_find
-- A session that lives; `stale`: its hour is to begin again (not at each request: that would be a write for a read).
-- $1 digest of the token, $2 seconds after which it ends whatever is asked with it
SELECT username, seen_at < now() - interval '1 minute' AS stale,
       to_char(least(seen_at + interval '1 hour', created_at + $2 * interval '1 second'),
               'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS expires_at
  FROM dashboard_session
 WHERE token_sha256 = $1 AND seen_at > now() - interval '1 hour' AND created_at > now() - $2 * interval '1 second'

-- name: session_open
-- $1 digest of the token, $2 user, $3 seconds after which it ends whatever is asked with it
INSERT INTO dashboard_session (token_sha256, username) VALUES ($1, $2)
RETURNING to_char(least(seen_at + interval '1 hour', created_at + $3 * interval '1 second'),
                  'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS expires_at

-- name: session_touch
-- Only while it lives: a logout that came between is not undone.   $1 digest of the token
UPDATE dashboard_session SET seen_at = now() WHERE token_sha256 = $1 AND seen_at > now() - interval '1 hour'

-- name: sessions_ended
-- Which of these have ended: their numbers, from 1.   $1 digests of their tokens, $2 as in session_find
SELECT s.number
  FROM unnest($1::bytea[]) WITH ORDINALITY AS s (digest, number)
 WHERE NOT EXISTS (SELECT FROM dashboard_session d
                    WHERE d.token_sha256 = s.digest AND d.seen_at > now() - interval '1 hour'
                      AND d.created_at > now() - $2 * interval '1 second')
