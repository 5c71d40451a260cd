-- name: activity
-- What was done in the last hours, by steps and by kind; the last step has yet to end.   $1 hours, $2 seconds of a step
WITH span AS (
    SELECT make_interval(secs => $2::integer) AS step, b.since AS first,
           date_bin(make_interval(secs => $2::integer), now(), 'epoch') AS last
      FROM (SELECT date_bin(make_interval(secs => $2::integer), now(), 'epoch') - make_interval(hours => $1::integer)
                   + make_interval(secs => $2::integer) AS since) b),
seen AS MATERIALIZED (
    SELECT date_bin(span.step, minute, 'epoch') AS at, kind, sum(succeeded)::bigint AS succeeded, sum(failed)::bigint AS failed,
           sum(skipped)::bigint AS skipped
      FROM span, (SELECT * FROM activity UNION ALL SELECT * FROM activity_fresh) a WHERE minute >= span.first GROUP BY 1, 2),
steps AS (
    SELECT at, coalesce(sum(succeeded) FILTER (WHERE kind <> 'file'), 0)::bigint AS succeeded,
           coalesce(sum(failed) FILTER (WHERE kind <> 'file'), 0)::bigint AS failed,
           coalesce(sum(skipped) FILTER (WHERE kind <> 'file'), 0)::bigint AS skipped,
           coalesce(sum(succeeded) FILTER (WHERE kind = 'file'), 0)::bigint AS files
      FROM span, generate_series(span.first, span.last, span.step) at LEFT JOIN seen USING (at) GROUP BY at),
kinds AS (
    SELECT kind, sum(succeeded)::bigint AS succeeded, sum(failed)::bigint AS failed, sum(skipped)::bigint AS skipped
      FROM seen WHERE kind <> 'file' GROUP BY kind)
SELECT to_char(now(), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS as_of, $1::integer AS hours, $2::integer AS step_s,
       (SELECT jsonb_agg(jsonb_build_object('at', to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'succeeded', succeeded,
                                            'failed', failed, 'skipped', skipped, 'files', files) ORDER BY at)
          FROM steps) AS steps,
       coalesce((SELECT jsonb_agg(to_jsonb(kinds) ORDER BY succeeded + failed + skipped DESC, kind) FROM kinds), '[]') AS kinds,
       coalesce((SELECT sum(succeeded) FROM seen WHERE kind = 'file'), 0)::bigint AS files

-- name: activity_span
-- How many hours to look back on where no number was asked for: no more than there was anything in, and so many that something is
-- seen, if there was anything in a week. (The last step of a span has yet to end, so its first begins a step later.)
SELECT CASE WHEN first > now() - interval '59 minutes' THEN 1
            WHEN first > now() - interval '355 minutes' THEN 6
            WHEN first IS NULL OR last > now() - interval '1425 minutes' THEN 24
            ELSE 168 END
  FROM (SELECT min(minute) AS first, max(minute) AS last FROM (SELECT * FROM activity UNION ALL SELECT * FROM activity_fresh) a
         WHERE minute > now() - interval '167 hours') seen

-- name: activity_ever
-- Outcomes by kind since the installation began, and files for which apps answered (kind 'file').
SELECT kind, sum(succeeded)::bigint AS succeeded, sum(failed)::bigint AS failed, sum(skipped)::bigint AS skipped
  FROM (SELECT * FROM activity WHERE minute = '-infinity' UNION ALL SELECT * FROM activity_fresh) a
 GROUP BY kind ORDER BY kind

-- name: overview
-- Links are counted by their sums, which are exact. What is pending beyond what was never sent: the open jobs of live operations.
WITH live AS (
    SELECT o.phases -> t.phase ->> 'job' AS job, t.total - t.succeeded - t.failed - t.skipped - t.cancelled_jobs AS open
      FROM tally t JOIN operation o USING (operation_id) WHERE t.state IN ('running', 'paused')),
sums AS (
    SELECT coalesce(sum(links), 0)::bigint AS total, coalesce(sum(never), 0)::bigint AS never,
           coalesce(sum(failed), 0)::bigint AS failed FROM link_sum),
links AS MATERIALIZED (
    SELECT sums.*,
           (SELECT count(*) FROM exclusive e JOIN tally t USING (operation_id)
             WHERE e.touched_at > now() - interval '50 seconds' AND e.key LIKE 'app\_%' AND t.state IN ('running', 'paused')) AS scanning,
           (SELECT coalesce(sum(open), 0)::bigint FROM live WHERE job IN ('resync', 'snapshot')) AS open_jobs FROM sums),
hour AS (
    SELECT (SELECT count(*) FROM (SELECT created_at, finished_at FROM operation ORDER BY created_at DESC, operation_id DESC LIMIT 10000) o
             WHERE created_at > now() - interval '1 hour' OR finished_at > now() - interval '1 hour') AS operations,
           coalesce(sum(succeeded), 0)::bigint AS succeeded, coalesce(sum(failed), 0)::bigint AS failed,
           coalesce(sum(skipped), 0)::bigint AS skipped
      FROM (SELECT * FROM activity UNION ALL SELECT * FROM activity_fresh) a
     WHERE kind <> 'file' AND minute > now() - interval '1 hour')
SELECT to_char(now(), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS as_of,
       (SELECT count(*) FROM (SELECT 1 FROM apps LIMIT 10000) a) AS apps,
       links.total AS repositories, links.failed,
       jsonb_build_object('synced', links.total - links.never - links.failed, 'failed', links.failed,
                          'never_sent', links.never, 'scanning', links.scanning,
                          'pending_snapshot', greatest(least(links.never + links.open_jobs, links.total) - links.scanning, 0)) AS links,
       (SELECT count(*) FROM live) AS running_operations,
       (SELECT coalesce(sum(open), 0)::bigint FROM live) AS open_jobs,
       to_jsonb(hour) AS last_hour
  FROM links, hour
