-- Files for which an app answered, in the transaction that records them.   $1 how many
INSERT INTO activity_fresh (minute, kind, succeeded, failed, skipped) VALUES (date_trunc('minute', now()), 'file', $1, 0, 0)
