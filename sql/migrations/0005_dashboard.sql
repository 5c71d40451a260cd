-- Sessions of the dashboard. What the browser holds is random and stands here only as a digest.

CREATE TABLE dashboard_session (
    token_sha256 bytea PRIMARY KEY,
    username     text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    seen_at      timestamptz NOT NULL DEFAULT now()     -- a session ends an hour after this
) WITH (fillfactor = 70);
CREATE INDEX dashboard_session_by_time ON dashboard_session (seen_at);
