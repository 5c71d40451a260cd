-- Kept activity that is not what was done: by minute and kind of job the outcomes of that minute, for a settle writes both in one
-- transaction, with one time; and its sums since the beginning. Not judged: minutes whose outcomes have been pruned, or may be being;
-- what was done before activity was kept, or by older workers in the day of that change; minutes that are still being written.
-- Reads all outcomes of the last days.
-- $1 how long outcomes are kept in ms (0 = always)
WITH bounds AS (
    SELECT greatest((SELECT max(finished_at) + interval '5 minutes' FROM operation WHERE pruned_at IS NOT NULL),
                    (SELECT max(o.finished_at) + interval '5 minutes' FROM operation o JOIN tally t USING (operation_id)
                      WHERE o.pruned_at IS NULL AND t.succeeded + t.failed + t.skipped
                            > (SELECT count(*) FROM job_outcome d WHERE d.operation_id = o.operation_id)),
                    CASE WHEN $1::bigint > 0 THEN now() - $1::bigint * interval '1 millisecond' END,
                    (SELECT later.applied_at + interval '1 day' FROM schema_migration later, schema_migration first
                      WHERE later.version = 10 AND first.version = 1 AND later.applied_at > first.applied_at + interval '1 hour'),
                    now() - interval '8 days', '-infinity') AS after,
           (SELECT applied_at FROM schema_migration WHERE version = 10) > now() - interval '7 days' AS whole),
every AS (SELECT * FROM activity UNION ALL SELECT * FROM activity_fresh),
kept AS (
    SELECT minute, kind, sum(succeeded) AS succeeded, sum(failed) AS failed, sum(skipped) AS skipped
      FROM every WHERE minute > '-infinity' GROUP BY minute, kind),
done AS (
    SELECT date_trunc('minute', finished_at) AS minute, kind, count(*) FILTER (WHERE outcome = 'succeeded') AS succeeded,
           count(*) FILTER (WHERE outcome = 'failed') AS failed, count(*) FILTER (WHERE outcome = 'skipped') AS skipped
      FROM job_outcome, bounds WHERE finished_at > after GROUP BY 1, 2),
minutes AS (
    SELECT minute, kind, coalesce(k.succeeded, 0) AS ks, coalesce(k.failed, 0) AS kf, coalesce(k.skipped, 0) AS kk,
           coalesce(d.succeeded, 0) AS ds, coalesce(d.failed, 0) AS df, coalesce(d.skipped, 0) AS dk
      FROM kept k FULL JOIN done d USING (minute, kind) CROSS JOIN bounds
     WHERE kind <> 'file' AND minute > after),
summed AS (
    SELECT kind, sum(succeeded) AS succeeded, sum(failed) AS failed, sum(skipped) AS skipped FROM activity
     WHERE minute > '-infinity' GROUP BY kind),
sums AS (
    SELECT kind, coalesce(s.succeeded, 0) AS ss, coalesce(s.failed, 0) AS sf, coalesce(s.skipped, 0) AS sk,
           coalesce(a.succeeded, 0) AS "as", coalesce(a.failed, 0) AS af, coalesce(a.skipped, 0) AS ak
      FROM summed s FULL JOIN (SELECT * FROM activity WHERE minute = '-infinity') a USING (kind))
SELECT to_char(minute AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"') || ' ' || kind,
       format('says %s succeeded, %s failed and %s skipped, but there are %s, %s and %s', ks, kf, kk, ds, df, dk)
  FROM minutes
 WHERE ks < ds OR kf < df OR kk < dk
    -- Outcomes that are missing may have been pruned, once that has begun.
    OR ((ks, kf, kk) <> (ds, df, dk) AND NOT EXISTS (SELECT 1 FROM operation WHERE pruned_at IS NOT NULL))
UNION ALL
SELECT kind, format('says %s succeeded, %s failed and %s skipped since the beginning, but the minutes add up to %s, %s and %s',
                    "as", af, ak, ss, sf, sk)
  FROM sums, bounds
 WHERE CASE WHEN whole THEN ("as", af, ak) <> (ss, sf, sk) ELSE "as" < ss OR af < sf OR ak < sk END
UNION ALL
SELECT kind, 'counts less than nothing in a minute' FROM every WHERE least(succeeded, failed, skipped) < 0
UNION ALL
SELECT 'file', 'counts files as failed or skipped' FROM every WHERE kind = 'file' AND (failed <> 0 OR skipped <> 0)
 ORDER BY 1, 2 LIMIT 100
