-- $1 'token' or 'subject', $2 the id of the one, the name of the other
INSERT INTO token_revocation (what, name) VALUES ($1, $2)
ON CONFLICT (what, name) DO UPDATE SET revoked_at = now()
