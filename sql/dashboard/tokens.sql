-- name: token_find
-- Whether a token was called back, itself or with all of its subject.   $1 its id, $2 its subject, $3 issued, in seconds
SELECT EXISTS (SELECT FROM token_revocation WHERE what = 'token' AND name = $1)
    OR EXISTS (SELECT FROM token_revocation
                WHERE what = 'subject' AND name = $2 AND revoked_at >= to_timestamp($3::bigint)) AS revoked

-- name: token_revoke
-- $1 'token' or 'subject', $2 the id of the one, the name of the other
INSERT INTO token_revocation (what, name) VALUES ($1, $2)
ON CONFLICT (what, name) DO UPDATE SET revoked_at = now()
