-- $1 digest of the token, $2 user
INSERT INTO dashboard_session (token_sha256, username) VALUES ($1, $2)
RETURNING to_char(seen_at + interval '1 hour', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS expires_at
