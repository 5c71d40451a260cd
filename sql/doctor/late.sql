-- What was written to cancelled operations after the cancel (I4). now() is a transaction's beginning, and a settle that began
-- after the cancel began may still have committed before it, so only the times of the commits decide; the operation's row was
-- last written by the end of the cancel's drain, up to which a checkpoint in hand may announce. (Without `drained_at` the cancel
-- never came to its end, or was an older version's: then announcements cannot be judged.) Where the server does not keep them, an outcome is surely late if its transaction began later
-- than a cancel can have waited for its lock (lock_timeout 10 s, with room), and in doubt if it began after the cancel did.
-- $1 operations
SELECT o.operation_id, coalesce(sum(d.n) FILTER (WHERE d.committed > c.cancelled), 0)::bigint AS late,
       coalesce(sum(d.n) FILTER (WHERE c.cancelled IS NULL AND d.finished_at > o.finished_at + interval '60 seconds'), 0)::bigint
           AS surely_late,
       coalesce(sum(d.n) FILTER (WHERE c.cancelled IS NULL AND d.finished_at > o.finished_at
                                   AND d.finished_at <= o.finished_at + interval '60 seconds'), 0)::bigint AS in_doubt,
       (SELECT count(*) FROM delivery_intents i
         WHERE i.operation_id = o.operation_id
           AND CASE WHEN c.exact AND o.drained_at IS NOT NULL THEN pg_xact_commit_timestamp(i.xmin) > c.cancelled ELSE false END) AS late_intents
  FROM unnest($1::text[]) AS w (operation_id)
  JOIN tally t ON t.operation_id = w.operation_id AND t.state = 'cancelled'
  JOIN operation o ON o.operation_id = w.operation_id AND o.pruned_at IS NULL
 CROSS JOIN LATERAL (
    SELECT current_setting('track_commit_timestamp') = 'on' AS exact,
           CASE WHEN current_setting('track_commit_timestamp') = 'on' THEN pg_xact_commit_timestamp(o.xmin) END AS cancelled) AS c
  LEFT JOIN LATERAL (
    SELECT x.finished_at, count(*) AS n, CASE WHEN c.exact THEN pg_xact_commit_timestamp(x.xmin) END AS committed
      FROM job_outcome x WHERE x.operation_id = o.operation_id GROUP BY x.xmin, x.finished_at) AS d ON true
 GROUP BY o.operation_id, o.finished_at, c.exact, c.cancelled
 ORDER BY o.operation_id
