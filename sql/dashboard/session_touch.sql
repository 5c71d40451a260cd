-- Only while it lives: a logout that came between is not undone.   $1 digest of the token
UPDATE dashboard_session SET seen_at = now() WHERE token_sha256 = $1 AND seen_at > now() - interval '1 hour'
