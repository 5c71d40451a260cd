-- $1 digest of the token, $2 user, $3 seconds after which it ends whatever is asked with it
INSERT INTO dashboard_session (token_sha256, username) VALUES ($1, $2)
RETURNING to_char(least(seen_at + interval '1 hour', created_at + $3 * interval '1 second'),
                  'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS expires_at
