-- name: _link_is_due
-- Of the link `l`, with the rescan age as `age.length`: never sent, or synced and older than the age, or failed and older
-- than the age doubled by each failure, at most a day, which 17 doublings of any age exceed. Not while
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

-- name: links_to_rescan
-- links-to-rescan: those that are due. The argument age_ms is the configuration's rescan.age.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
-- include: kinds/_link_step
     CROSS JOIN (SELECT coalesce(($5::jsonb ->> 'age_ms')::bigint, 3600000) * interval '1 millisecond' AS length) age
-- include: kinds/_after_cursor
-- include: kinds/_link_is_due
     ORDER BY app_id, repository_id LIMIT $7::bigint)
-- include: queue/_plan_step
