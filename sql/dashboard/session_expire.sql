-- Those that have ended, a step of them at each login.
DELETE FROM dashboard_session WHERE token_sha256 IN (
    SELECT token_sha256 FROM dashboard_session WHERE seen_at <= now() - interval '1 hour' ORDER BY seen_at LIMIT 1000)
