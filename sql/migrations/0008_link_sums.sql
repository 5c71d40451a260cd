-- Links by app: how many, how many of them were never sent, how many failed last. What the overview and the list of apps tell
-- of 200 000 links in a millisecond, exact at every instant: whoever changes that adds a row that says by how much, in its
-- transaction, so that nobody waits for a hot row; link_fold adds such fresh rows up.

CREATE TABLE link_sum (
    app_id text COLLATE "C" NOT NULL,
    links  bigint NOT NULL,
    never  bigint NOT NULL,
    failed bigint NOT NULL,
    fresh  boolean NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
CREATE UNIQUE INDEX link_sum_folded ON link_sum (app_id) WHERE NOT fresh;
CREATE INDEX link_sum_fresh ON link_sum (app_id) WHERE fresh;

CREATE FUNCTION link_count_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO link_sum
    SELECT app_id, count(*), count(*) FILTER (WHERE result = 'never'), count(*) FILTER (WHERE result = 'failed'), true
      FROM new_rows GROUP BY app_id;
    RETURN NULL;
END $$;
CREATE TRIGGER link_counts_new AFTER INSERT ON app_repositories REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION link_count_new();

CREATE FUNCTION link_count_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO link_sum
    SELECT app_id, -count(*), -count(*) FILTER (WHERE result = 'never'), -count(*) FILTER (WHERE result = 'failed'), true
      FROM old_rows GROUP BY app_id;
    RETURN NULL;
END $$;
CREATE TRIGGER link_counts_gone AFTER DELETE ON app_repositories REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION link_count_gone();

-- By row, for nearly every update leaves a result as it was: those do not even call this. A link does not move to another app.
CREATE FUNCTION link_count_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO link_sum VALUES (NEW.app_id, 0, (NEW.result = 'never')::integer - (OLD.result = 'never')::integer,
                                 (NEW.result = 'failed')::integer - (OLD.result = 'failed')::integer, true);
    RETURN NULL;
END $$;
CREATE TRIGGER link_counts_changed AFTER UPDATE ON app_repositories
    FOR EACH ROW WHEN (OLD.result <> NEW.result) EXECUTE FUNCTION link_count_changed();

CREATE FUNCTION link_refuse_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a link stays with its app: remove it and add another';
END $$;
CREATE TRIGGER link_stays BEFORE UPDATE OF app_id ON app_repositories
    FOR EACH ROW WHEN (OLD.app_id <> NEW.app_id) EXECUTE FUNCTION link_refuse_move();

CREATE FUNCTION link_count_none() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE link_sum;
    RETURN NULL;
END $$;
CREATE TRIGGER link_counts_none AFTER TRUNCATE ON app_repositories FOR EACH STATEMENT EXECUTE FUNCTION link_count_none();

-- Adds up at most so many fresh rows; returns how many there were. One at a time; who comes second leaves it. A sum that is
-- nothing any more, of an app that was removed, goes.
CREATE FUNCTION link_fold(most bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE folded bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('reprise link_fold')) THEN
        RETURN 0;
    END IF;
    WITH taken AS (
        DELETE FROM link_sum WHERE ctid = ANY (ARRAY(SELECT ctid FROM link_sum WHERE fresh LIMIT most)) RETURNING *),
    added AS (
        INSERT INTO link_sum AS s SELECT app_id, sum(links), sum(never), sum(failed), false FROM taken GROUP BY app_id
            ON CONFLICT (app_id) WHERE NOT fresh DO UPDATE
           SET links = s.links + excluded.links, never = s.never + excluded.never, failed = s.failed + excluded.failed)
    SELECT count(*) INTO folded FROM taken;
    IF folded > 0 THEN
        DELETE FROM link_sum WHERE NOT fresh AND links = 0 AND never = 0 AND failed = 0;
    END IF;
    RETURN folded;
END $$;

-- Links that are there already.
INSERT INTO link_sum
SELECT app_id, count(*), count(*) FILTER (WHERE result = 'never'), count(*) FILTER (WHERE result = 'failed'), false
  FROM app_repositories GROUP BY app_id;
