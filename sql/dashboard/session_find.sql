-- A session that lives; `stale`: its hour is to be counted anew (not at each request: that would be a write for a read).
-- $1 digest of the token, $2 seconds after which it ends whatever is asked with it
SELECT username, seen_at < now() - interval '1 minute' AS stale,
       to_char(least(seen_at + interval '1 hour', created_at + $2 * interval '1 second'),
               'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS expires_at
  FROM dashboard_session
 WHERE token_sha256 = $1 AND seen_at > now() - interval '1 hour' AND created_at > now() - $2 * interval '1 second'
