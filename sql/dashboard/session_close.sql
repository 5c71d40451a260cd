-- $1 digest of the token
DELETE FROM dashboard_session WHERE token_sha256 = $1
