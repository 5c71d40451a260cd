-- Single requests are settled together: many operations of one job each in one transaction.

-- As settle_tally and advance for each of them, in two statements for all. A phase that is not the last one is left to
-- advance(): its caller sees that it is done.
CREATE FUNCTION settle_singles(ops text[], of_kinds text[], n_succeeded bigint[], n_failed bigint[], n_skipped bigint[])
RETURNS SETOF tally LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
    INSERT INTO activity_fresh
    SELECT date_trunc('minute', now()), g.kind, sum(g.s), sum(g.f), sum(g.k)
      FROM unnest(of_kinds, n_succeeded, n_failed, n_skipped) AS g (kind, s, f, k) GROUP BY g.kind;
    RETURN QUERY
    WITH counted AS (
        UPDATE tally t
           SET succeeded = t.succeeded + g.s, failed = t.failed + g.f, skipped = t.skipped + g.k, version = t.version + 1,
               state = CASE WHEN t.state = 'running' AND t.planned AND t.phase + 1 = g.phases
                             AND t.succeeded + t.failed + t.skipped + g.s + g.f + g.k = t.total
                            THEN 'completed' ELSE t.state END
          FROM (SELECT u.op, u.s, u.f, u.k, o.phases
                  FROM unnest(ops, n_succeeded, n_failed, n_skipped) AS u (op, s, f, k)
                 CROSS JOIN LATERAL (SELECT jsonb_array_length(phases) AS phases FROM operation
                                      WHERE operation_id = u.op OFFSET 0) o) g
         WHERE t.operation_id = g.op AND t.state IN ('running', 'paused') RETURNING t.*),
    ended AS (
        UPDATE operation SET finished_at = now()
         WHERE operation_id = ANY (ARRAY(SELECT c.operation_id FROM counted c WHERE c.state = 'completed')))
    SELECT * FROM counted;
    GET DIAGNOSTICS n = ROW_COUNT;
    IF n < cardinality(ops) THEN
        RAISE EXCEPTION 'of % operations % are running', cardinality(ops), n USING ERRCODE = 'RP001';
    END IF;
END $$;
