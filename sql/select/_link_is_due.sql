-- Of the link `l`, with the rescan age as `age.length`: never sent, or synced and older than the age, or failed and older
-- than the age doubled by each failure, at most a day, which 17 doublings of any age exceed (deliveries/rescan.h). Not while
-- its repository's circuit is open, nor while a job of it is open in a live operation. A link without a time was given up by a
-- cancelled re-sync: only a person takes that up again.
       AND (result = 'never'
            OR last_scanned_at < now() - CASE result
                   WHEN 'synced' THEN age.length
                   ELSE least(age.length * 2.0 ^ least(retry_count, 17), interval '24 hours') END)
       AND NOT EXISTS (SELECT 1 FROM repositories r
                        WHERE r.repository_id = l.repository_id AND r.circuit_open_until > now())
       AND NOT EXISTS (SELECT 1 FROM tally t
                         JOIN job j ON j.operation_id = t.operation_id AND j.kind IN ('resync', 'snapshot')
                                   AND j.key = l.app_id || '/' || l.repository_id
                        WHERE t.state IN ('running', 'paused'))
