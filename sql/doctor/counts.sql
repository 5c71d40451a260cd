-- What the tally says of some operations, and what is really there (I1, I2). `gone`: its outcomes are, or may be being, pruned.
-- $1 operations, $2 how long outcomes are kept in ms (0 = for ever)
SELECT w.operation_id, o.operation_id IS NOT NULL AS has_operation, t.operation_id IS NOT NULL AS has_tally, t.state,
       t.total, t.succeeded, t.failed, t.skipped, t.cancelled_jobs, t.last_seq,
       o.finished_at IS NOT NULL AS finished, o.pruned_at IS NOT NULL AS pruned,
       coalesce($2::bigint > 0 AND o.finished_at < now() - $2::bigint * interval '1 millisecond', false) AS may_be_pruned,
       open.n AS open, open.of_other_phase, open.beyond, both_n.n AS both_n,
       done.succeeded AS done_succeeded, done.failed AS done_failed, done.skipped AS done_skipped, done.beyond AS done_beyond
  FROM unnest($1::text[]) AS w (operation_id)
  LEFT JOIN tally t ON t.operation_id = w.operation_id
  LEFT JOIN operation o ON o.operation_id = w.operation_id
 CROSS JOIN LATERAL (
    SELECT count(*) AS n, count(*) FILTER (WHERE j.phase <> t.phase) AS of_other_phase,
           count(*) FILTER (WHERE j.seq NOT BETWEEN 1 AND t.last_seq) AS beyond
      FROM job j WHERE j.operation_id = w.operation_id) AS open
 CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE d.outcome = 'succeeded') AS succeeded, count(*) FILTER (WHERE d.outcome = 'failed') AS failed,
           count(*) FILTER (WHERE d.outcome = 'skipped') AS skipped,
           count(*) FILTER (WHERE d.seq NOT BETWEEN 1 AND t.last_seq OR d.phase > t.phase) AS beyond
      FROM job_outcome d WHERE d.operation_id = w.operation_id) AS done
 CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM job j
     WHERE j.operation_id = w.operation_id
       AND EXISTS (SELECT 1 FROM job_outcome d WHERE d.operation_id = j.operation_id AND d.seq = j.seq)) AS both_n
 ORDER BY w.operation_id
