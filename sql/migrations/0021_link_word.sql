-- A link whose operation was cancelled, or has ended, is not being scanned, even while the lease of its last holder still stands.
CREATE OR REPLACE FUNCTION link_word(link app_repositories) RETURNS text LANGUAGE sql STABLE
SET search_path = reprise, public, pg_temp AS $$
    SELECT CASE
        WHEN EXISTS (SELECT 1 FROM exclusive e JOIN tally t ON t.operation_id = e.operation_id
                      WHERE e.key = link.app_id || '/' || link.repository_id AND e.touched_at > now() - interval '50 seconds'
                        AND t.state IN ('running', 'paused')) THEN 'scanning'
        WHEN link.result = 'never' THEN 'pending_snapshot'
        WHEN EXISTS (SELECT 1 FROM tally t
                       JOIN job j ON j.operation_id = t.operation_id AND j.kind IN ('resync', 'snapshot')
                                 AND j.key = link.app_id || '/' || link.repository_id
                      WHERE t.state IN ('running', 'paused')) THEN 'pending_snapshot'
        ELSE link.result END
$$;
