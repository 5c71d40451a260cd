-- What is recorded is in doubt no more, whoever announced it: while we hold the lease, no older request can be on its way. (Were the
-- intents of other attempts kept until a settle as synced, each attempt would send all of them again, and an app that fails now and
-- then would never be done with.)   $1 app, $2 repository, $3 digests of paths
-- Each path is looked up by itself (settle_fence_scattered.sql says why).
DELETE FROM delivery_intents
 WHERE ctid = ANY (ARRAY(SELECT one.ctid FROM unnest($3::bytea[]) AS recorded (digest)
                          CROSS JOIN LATERAL (SELECT ctid FROM delivery_intents WHERE app_id = $1 AND repository_id = $2
                                                                            AND path_sha256 = recorded.digest OFFSET 0) one))
