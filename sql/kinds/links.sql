-- name: _rescan_waits
-- How long links wait, from the arguments: the settings rescan.age, rescan.max_wait and rescan.away_wait.
     CROSS JOIN (SELECT coalesce(({ARGS}::jsonb ->> 'age_ms')::bigint, 300000) * interval '1 millisecond' AS age,
                        coalesce(({ARGS}::jsonb ->> 'max_wait_ms')::bigint, 3600000) * interval '1 millisecond' AS longest,
                        coalesce(({ARGS}::jsonb ->> 'away_wait_ms')::bigint, 15000) * interval '1 millisecond' AS away) wait

-- name: _link_is_due
-- Of the link `l`, with the waits of _rescan_waits:
--   never sent; or synced, and older than the age;
--   or failed, and
--     the age has passed, doubled by each failed scan after the first, or the longest wait where that is shorter;
--     or its app has answered a delivery of another link since;
--     or its app is away, this is the link of the app that was tried longest ago, and none of them was tried in the last moments:
--     the wait for that, or for an app that is away for more than a day 1/5760 of that time (15 s a day).
-- Not while its repository's circuit is open, nor while a job of it is open in a live operation. A link without a time was given up
-- by a cancelled re-sync: only a person takes that up again.
       AND (result = 'never'
            OR result = 'synced' AND last_scanned_at < now() - wait.age
            OR result = 'failed' AND
               (last_scanned_at < now() - least(wait.age * 2.0 ^ least(greatest(failed_scans - 1, 0), 17), wait.longest)
                OR answered_at > last_scanned_at
                OR away_since IS NOT NULL
                   AND last_scanned_at < now() - least(greatest(wait.away, (now() - away_since) / 5760), wait.longest)
                   AND NOT EXISTS (SELECT 1 FROM app_repositories o
                                    WHERE o.app_id = l.app_id AND o.result = 'failed' AND o.away_since IS NOT NULL
                                      AND o.last_scanned_at >= now() - least(greatest(wait.away, (now() - l.away_since) / 5760),
                                                                             wait.longest))
                   AND NOT EXISTS (SELECT 1 FROM app_repositories o
                                     JOIN repositories r ON r.repository_id = o.repository_id
                                                        AND (r.circuit_open_until > now()) IS NOT TRUE
                                    WHERE o.app_id = l.app_id AND o.result = 'failed' AND o.away_since IS NOT NULL
                                      AND (o.last_scanned_at, o.repository_id) < (l.last_scanned_at, l.repository_id))))
       AND NOT EXISTS (SELECT 1 FROM repositories r
                        WHERE r.repository_id = l.repository_id AND r.circuit_open_until > now())
       AND NOT EXISTS (SELECT 1 FROM tally t
                         JOIN job j ON j.operation_id = t.operation_id AND j.kind IN ('resync', 'snapshot')
                                   AND j.key = l.app_id || '/' || l.repository_id
                        WHERE t.state IN ('running', 'paused'))

-- name: _link_step
-- The columns of a step over links: the job's key, which is the exclusive key too, and the place to go on from.
WITH numbered AS (
    SELECT app_id || '/' || repository_id AS key, app_id || '/' || repository_id AS "cursor",
           row_number() OVER (ORDER BY app_id, repository_id) AS n
      FROM app_repositories l

-- name: failed_link
-- failed-link: the one that the arguments name, if it has failed.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
-- include: kinds/_link_step
     WHERE app_id = $5::jsonb ->> 'app_id' AND repository_id = $5::jsonb ->> 'repository_id' AND result = 'failed'
       AND $6::text IS NULL
     ORDER BY app_id, repository_id LIMIT $7::bigint)
-- include: queue/_plan_step

-- name: failed_links
-- failed-links: those of all apps.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
-- include: kinds/_link_step
-- include: kinds/_after_cursor
       AND result = 'failed' AND $5::jsonb IS NOT NULL
     ORDER BY app_id, repository_id LIMIT $7::bigint)
-- include: queue/_plan_step

-- name: failed_links_of_app
-- failed-links-of-app: those of the app that the arguments name.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
-- include: kinds/_link_step
     WHERE app_id = $5::jsonb ->> 'app_id' AND repository_id > coalesce(split_part($6::text, '/', 2), '')
       AND result = 'failed'
     ORDER BY app_id, repository_id LIMIT $7::bigint)
-- include: queue/_plan_step

-- name: link
-- link: the one that the arguments name.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
-- include: kinds/_link_step
     WHERE app_id = $5::jsonb ->> 'app_id' AND repository_id = $5::jsonb ->> 'repository_id' AND $6::text IS NULL
     ORDER BY app_id, repository_id LIMIT $7::bigint)
-- include: queue/_plan_step

-- name: links_of_all
-- links-of-all: every link of every app.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
-- include: kinds/_link_step
-- include: kinds/_after_cursor
       AND $5::jsonb IS NOT NULL
     ORDER BY app_id, repository_id LIMIT $7::bigint)
-- include: queue/_plan_step

-- name: links_of_app
-- links-of-app: all of the app that the arguments name, whatever their result.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
-- include: kinds/_link_step
     WHERE app_id = $5::jsonb ->> 'app_id' AND repository_id > coalesce(split_part($6::text, '/', 2), '')
     ORDER BY app_id, repository_id LIMIT $7::bigint)
-- include: queue/_plan_step

-- name: failed_links_to_rescan
-- failed-links-to-rescan: those of links-to-rescan that have failed. The arguments are those of links-to-rescan.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
-- include: kinds/_link_step
-- include: kinds/_rescan_waits ARGS=$5
-- include: kinds/_after_cursor
       AND result = 'failed'
-- include: kinds/_link_is_due
     ORDER BY app_id, repository_id LIMIT $7::bigint)
-- include: queue/_plan_step

-- name: links_to_rescan
-- links-to-rescan: those that are due. The arguments age_ms, max_wait_ms and away_wait_ms are the settings rescan.age, rescan.max_wait
-- and rescan.away_wait.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
-- include: kinds/_link_step
-- include: kinds/_rescan_waits ARGS=$5
-- include: kinds/_after_cursor
-- include: kinds/_link_is_due
     ORDER BY app_id, repository_id LIMIT $7::bigint)
-- include: queue/_plan_step
