-- name: intents
-- Announcements that say what cannot be (I3).   $1 how many to look at (null = all)
SELECT i.app_id || '/' || i.repository_id, w.what
  FROM (SELECT * FROM delivery_intents LIMIT $1::bigint) i LEFT JOIN tally t USING (operation_id)
 CROSS JOIN LATERAL (VALUES
       (t.operation_id IS NULL, format('an announcement is of the operation %s, which is not there', i.operation_id)),
       (i.seq NOT BETWEEN 1 AND t.last_seq, format('an announcement is of the job %s/%s, which was never planned', i.operation_id, i.seq)),
       (i.attempt < 0, 'an announcement is of no attempt'),
       (i.path_sha256 <> sha256(convert_to(i.file_path, 'UTF8')), 'an announcement has a path with another digest'),
       (i.verb NOT IN ('create', 'update', 'delete'), format('an announcement is a "%s"', i.verb))) w (wrong, what)
 WHERE wrong ORDER BY 1, 2 LIMIT 100

-- name: link_facts
-- What links say of themselves and what is recorded for them (I3).   $1 apps, $2 repositories, $3 read the deliveries themselves
SELECT l.app_id || '/' || l.repository_id, l.result, l.synced_tree_id IS NOT NULL AS synced, l.files,
       CASE WHEN l.synced_tree_id IS NOT NULL THEN held.n ELSE 0 END AS held,
       (SELECT count(*) FROM delivery_intents i
         WHERE i.app_id = l.app_id AND i.repository_id = l.repository_id AND l.synced_tree_id IS NOT NULL) AS announced,
       read.other, l.bytes, coalesce(read.bytes, l.bytes) AS held_bytes, l.synced_commit IS NULL AS without_commit, l.retry_count
  FROM unnest($1::text[], $2::text[]) AS w (app_id, repository_id)
  JOIN app_repositories l ON l.app_id = w.app_id AND l.repository_id = w.repository_id
 CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM deliveries d WHERE d.app_id = l.app_id AND d.repository_id = l.repository_id) AS held
 CROSS JOIN LATERAL (
    SELECT CASE WHEN $3 THEN coalesce(sum(d.size), 0)::bigint END AS bytes,
           count(*) FILTER (WHERE d.fingerprint_at = d.delivered_at
                              AND d.fingerprint IS DISTINCT FROM delivery_fingerprint(d.app_id, d.repository_id, d.path_sha256,
                                                                                      d.file_path, d.file_sha, d.blob_id, d.size)) AS other
      FROM deliveries d
     WHERE $3 AND d.app_id = l.app_id AND d.repository_id = l.repository_id) AS read
 ORDER BY 1

-- name: links
-- The links to judge: those that were synced last.   $1 how many (null = all)
SELECT app_id, repository_id FROM app_repositories
 WHERE result <> 'never' OR synced_tree_id IS NOT NULL
 ORDER BY last_scanned_at DESC NULLS LAST, app_id, repository_id LIMIT $1::bigint

-- name: orphans_of_links
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

-- name: recount_links
-- Counts the sums of links again, from the links. No link changes meanwhile; all may read.
DO $$ BEGIN
    LOCK TABLE app_repositories IN SHARE ROW EXCLUSIVE MODE;
    DELETE FROM link_sum;
    INSERT INTO link_sum
    SELECT app_id, count(*), count(*) FILTER (WHERE result = 'never'), count(*) FILTER (WHERE result = 'failed'), true
      FROM app_repositories GROUP BY app_id;
END $$

-- name: sums_of_links
-- Apps whose links are not what their sums say: app, which count, kept, counted.
WITH kept AS (SELECT app_id, sum(links) AS links, sum(never) AS never, sum(failed) AS failed FROM link_sum GROUP BY app_id),
real AS (SELECT app_id, count(*) AS links, count(*) FILTER (WHERE result = 'never') AS never,
                count(*) FILTER (WHERE result = 'failed') AS failed FROM app_repositories GROUP BY app_id)
SELECT app_id, n.what, n.kept, n.counted
  FROM kept FULL JOIN real USING (app_id)
 CROSS JOIN LATERAL (VALUES ('links', coalesce(kept.links, 0), coalesce(real.links, 0)),
                            ('links that were never sent', coalesce(kept.never, 0), coalesce(real.never, 0)),
                            ('links that failed', coalesce(kept.failed, 0), coalesce(real.failed, 0))) n (what, kept, counted)
 WHERE n.kept <> n.counted
 ORDER BY app_id, n.what LIMIT 100

-- name: sums_size
-- How many links and runs there are, by the sums themselves.
SELECT (SELECT coalesce(sum(links), 0)::bigint FROM link_sum), (SELECT coalesce(sum(runs), 0)::bigint FROM history_hour)
