-- name: token_find
-- Whether a token was called back, itself or with all of its subject.   $1 its id, $2 its subject, $3 issued, in seconds
SELECT EXISTS (SELECT FROM token_revocation WHERE what = 'token' AND name = $1)
    OR EXISTS (SELECT FROM token_revocation
                WHERE what = 'subject' AND name = $2 AND revoked_at >= to_timestamp($3::bigint)) AS revoked

-- name: token_revoke
-- $1 'token' or 'subject', $2 the id of the one, the name of the other
INSERT INTO token_revocation (what, name) VALUES ($1, $2)
ON CONFLICT (what, name) DO UPDATE SET revoked_at = now()

-- name: tokens_revoked
-- Which of these were called back, as token_find has it: their numbers, from 1.   $1 ids, $2 subjects, $3 issued, in seconds
SELECT t.number
  FROM unnest($1::text[], $2::text[], $3::bigint[]) WITH ORDINALITY AS t (id, subject, issued_s, number)
 WHERE EXISTS (SELECT FROM token_revocation r WHERE r.what = 'token' AND r.name = t.id)
    OR EXISTS (SELECT FROM token_revocation r
                WHERE r.what = 'subject' AND r.name = t.subject AND r.revoked_at >= to_timestamp(t.issued_s))
