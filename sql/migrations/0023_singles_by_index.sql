-- As 0022 has it, by index alone: joined to a list, the tallies of a table that was empty when the plan was made are read whole.
CREATE OR REPLACE FUNCTION settle_singles(ops text[], of_kinds text[], n_succeeded bigint[], n_failed bigint[], n_skipped bigint[])
RETURNS SETOF tally LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
    INSERT INTO activity_fresh
    SELECT date_trunc('minute', now()), g.kind, sum(g.s), sum(g.f), sum(g.k)
      FROM unnest(of_kinds, n_succeeded, n_failed, n_skipped) AS g (kind, s, f, k) GROUP BY g.kind;
    RETURN QUERY
    WITH counted AS (
        UPDATE tally t
           SET succeeded = t.succeeded + n_succeeded[array_position(ops, t.operation_id)],
               failed = t.failed + n_failed[array_position(ops, t.operation_id)],
               skipped = t.skipped + n_skipped[array_position(ops, t.operation_id)], version = t.version + 1,
               state = CASE WHEN t.state = 'running' AND t.planned AND t.succeeded + t.failed + t.skipped + 1 = t.total
                             AND t.phase + 1 = (SELECT jsonb_array_length(o.phases) FROM operation o
                                                 WHERE o.operation_id = t.operation_id)
                            THEN 'completed' ELSE t.state END
         WHERE t.operation_id = ANY (ops) AND t.state IN ('running', 'paused') RETURNING t.*),
    ended AS (
        UPDATE operation SET finished_at = now()
         WHERE operation_id = ANY (ARRAY(SELECT c.operation_id FROM counted c WHERE c.state = 'completed')))
    SELECT * FROM counted;
    GET DIAGNOSTICS n = ROW_COUNT;
    IF n < cardinality(ops) THEN
        RAISE EXCEPTION 'of % operations % are running', cardinality(ops), n USING ERRCODE = 'RP001';
    END IF;
END $$;
