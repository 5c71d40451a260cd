-- What was done, by minute and by kind of job: the chart of the last days, and counters of the whole installation that no
-- process takes with it. Exact, for a settle writes what it counts in its own transaction: one row a settle into a table
-- without an index, so that nobody waits for a hot row. activity_fold adds such fresh rows up.

CREATE TABLE activity_fresh (
    minute    timestamptz NOT NULL,
    kind      text COLLATE "C" NOT NULL, -- of job; 'file' = files for which an app answered
    succeeded bigint NOT NULL,
    failed    bigint NOT NULL,
    skipped   bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_insert_threshold = -1,
        vacuum_truncate = false); -- giving pages back would lock settles out for a moment

-- The minute '-infinity' has the sums since the installation began.
CREATE TABLE activity (
    minute    timestamptz NOT NULL,
    kind      text COLLATE "C" NOT NULL,
    succeeded bigint NOT NULL,
    failed    bigint NOT NULL,
    skipped   bigint NOT NULL,
    PRIMARY KEY (minute, kind)
) WITH (fillfactor = 50);

-- As settle_tally of four arguments, which workers of the version before call until they have drained; and notes it.
CREATE FUNCTION settle_tally(op text, of_kind text, n_succeeded bigint, n_failed bigint, n_skipped bigint) RETURNS tally
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO activity_fresh VALUES (date_trunc('minute', now()), of_kind, n_succeeded, n_failed, n_skipped);
    RETURN settle_tally(op, n_succeeded, n_failed, n_skipped);
END $$;

-- Adds up at most so many fresh rows, and removes minutes that are too old; returns how many fresh ones there were. One at
-- a time; who comes second leaves it.
CREATE FUNCTION activity_fold(most bigint, kept interval) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE folded bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('reprise activity_fold')) THEN
        RETURN 0;
    END IF;
    WITH taken AS (
        DELETE FROM activity_fresh WHERE ctid = ANY (ARRAY(SELECT ctid FROM activity_fresh LIMIT most)) RETURNING *),
    added AS (
        INSERT INTO activity AS a
        SELECT m.minute, kind, sum(succeeded), sum(failed), sum(skipped)
          FROM taken t, LATERAL (VALUES (t.minute), ('-infinity')) m(minute) GROUP BY m.minute, kind
            ON CONFLICT (minute, kind) DO UPDATE
           SET succeeded = a.succeeded + excluded.succeeded, failed = a.failed + excluded.failed,
               skipped = a.skipped + excluded.skipped)
    SELECT count(*) INTO folded FROM taken;
    DELETE FROM activity WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM activity WHERE minute > '-infinity' AND minute < now() - kept LIMIT most));
    RETURN folded;
END $$;
