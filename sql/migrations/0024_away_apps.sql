-- How soon a failed link is tried again. It is counted in failed scans (retry_count counts tries, several a scan). An app that did not
-- answer is away: it is tried again soon, one link at a time, so that its return is noticed; the first answer makes all of its links due.
ALTER TABLE app_repositories
    ADD COLUMN failed_scans integer NOT NULL DEFAULT 0, -- in a row
    ADD COLUMN away_since timestamptz,                  -- the app has not answered since; NULL: it did, or the link did not fail by that
    ADD COLUMN answered_at timestamptz;                 -- after this link had failed the app answered a delivery of another one
CREATE INDEX app_repositories_away ON app_repositories (app_id, last_scanned_at, repository_id)
    WHERE result = 'failed' AND away_since IS NOT NULL;
