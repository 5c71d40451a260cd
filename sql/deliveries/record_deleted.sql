-- Each path is looked up by itself (settle_fence_scattered.sql says why).   $1 app, $2 repository, $3 digests of paths
DELETE FROM deliveries
 WHERE ctid = ANY (ARRAY(SELECT one.ctid FROM unnest($3::bytea[]) AS gone (digest)
                          CROSS JOIN LATERAL (SELECT ctid FROM deliveries WHERE app_id = $1 AND repository_id = $2
                                                                            AND path_sha256 = gone.digest OFFSET 0) one))
