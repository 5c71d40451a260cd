-- Deliveries and intents whose link is not there: no foreign key forbids it (I3). Each link that has any costs one look into an index.
-- $1 also look through the deliveries
WITH RECURSIVE sent AS (
    (SELECT app_id, repository_id FROM deliveries WHERE $1::boolean ORDER BY app_id, repository_id LIMIT 1)
    UNION ALL
    SELECT next.app_id, next.repository_id FROM sent s CROSS JOIN LATERAL (
        SELECT app_id, repository_id FROM deliveries d
         WHERE (d.app_id, d.repository_id) > (s.app_id, s.repository_id) ORDER BY app_id, repository_id LIMIT 1) AS next),
announced AS (
    (SELECT app_id, repository_id FROM delivery_intents ORDER BY app_id, repository_id LIMIT 1)
    UNION ALL
    SELECT next.app_id, next.repository_id FROM announced a CROSS JOIN LATERAL (
        SELECT app_id, repository_id FROM delivery_intents i
         WHERE (i.app_id, i.repository_id) > (a.app_id, a.repository_id) ORDER BY app_id, repository_id LIMIT 1) AS next)
SELECT app_id || '/' || repository_id FROM (SELECT * FROM sent UNION SELECT * FROM announced) AS known
 WHERE NOT EXISTS (SELECT 1 FROM app_repositories l WHERE l.app_id = known.app_id AND l.repository_id = known.repository_id)
 ORDER BY 1 LIMIT 100
