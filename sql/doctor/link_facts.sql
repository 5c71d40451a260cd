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
