-- The queue: operations, their tallies, open jobs (promises), outcomes, leases. Sections 2 and 4 of the design.
-- Ids and keys are compared byte by byte (COLLATE "C"): by a locale's rules an insert into `job` cost twice as much.
-- There are no foreign keys between these tables: they cost a factor of seven on settles. `producer doctor` checks instead.

CREATE TABLE definition_versions (
    digest     text PRIMARY KEY,              -- SHA-256 of the canonical content, hex
    body       text NOT NULL,                 -- canonical JSON
    first_seen timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE operation (
    operation_id text COLLATE "C" PRIMARY KEY,            -- op_ + ULID
    definition   text NOT NULL,
    digest       text NOT NULL,               -- the definition version that it is pinned to
    args         jsonb NOT NULL,
    subject      text NOT NULL,               -- what a person would call it
    phases       jsonb NOT NULL,              -- [{"id","label","job","over"}, …]
    queue        text NOT NULL,
    chunk        integer NOT NULL CHECK (chunk > 0),
    "window"     integer NOT NULL CHECK ("window" > 0),
    dry_run      boolean NOT NULL DEFAULT false,
    single       boolean NOT NULL DEFAULT false,  -- a person's single request: its chunk goes to the head
    requested_by text NOT NULL DEFAULT '',
    request_id   text UNIQUE,
    request_key  bytea NOT NULL,              -- SHA-256 of definition and arguments: recognises a repetition
    created_at   timestamptz NOT NULL DEFAULT now(),
    finished_at  timestamptz,
    pruned_at    timestamptz,
    error        text
);
CREATE INDEX operation_repetition ON operation (request_key) WHERE finished_at IS NULL;
CREATE INDEX operation_by_time ON operation (created_at DESC, operation_id DESC);

-- An inbox item that joined a waiting equal request: its stamp, and the operation that it got.
CREATE TABLE operation_alias (
    stamp        text COLLATE "C" PRIMARY KEY,
    operation_id text COLLATE "C" NOT NULL,
    at           timestamptz NOT NULL DEFAULT now()
);

-- One narrow row an operation: the place where all its transactions meet. Every change raises `version`.
CREATE TABLE tally (
    operation_id   text COLLATE "C" PRIMARY KEY,
    state          text NOT NULL CHECK (state IN ('running', 'paused', 'completed', 'failed', 'cancelled')),
    phase          integer NOT NULL DEFAULT 0,
    planned        boolean NOT NULL DEFAULT false,
    plan_cursor    text,
    plan_failures  integer NOT NULL DEFAULT 0,
    total          bigint NOT NULL DEFAULT 0,
    succeeded      bigint NOT NULL DEFAULT 0,
    failed         bigint NOT NULL DEFAULT 0,
    skipped        bigint NOT NULL DEFAULT 0,
    cancelled_jobs bigint NOT NULL DEFAULT 0,
    last_seq       bigint NOT NULL DEFAULT 0, -- the highest sequence number given out
    loaded_at      timestamptz,               -- when the first chunk was loaded: from then on it is no repetition
    generation     integer NOT NULL DEFAULT 1,
    version        bigint NOT NULL DEFAULT 1,
    leftover       boolean NOT NULL DEFAULT false -- ended with open jobs that the sweep has yet to remove
) WITH (fillfactor = 20);
-- No index, and no predicate of one, may name a column that a settle changes: HOT updates would end, and with them the speed.
CREATE INDEX tally_live ON tally (operation_id) WHERE state IN ('running', 'paused');
CREATE INDEX tally_leftover ON tally (operation_id) WHERE leftover;

CREATE TABLE job (
    operation_id text COLLATE "C" NOT NULL,
    seq          bigint NOT NULL,
    phase        integer NOT NULL,
    kind         text COLLATE "C" NOT NULL,
    key          text COLLATE "C" NOT NULL,
    attempt      integer NOT NULL DEFAULT 0,  -- the fencing token: counts claims and tries
    failures     integer NOT NULL DEFAULT 0,  -- failed tries: the only thing held against retry.attempts
    crashes      integer NOT NULL DEFAULT 0,  -- deaths by a fatal signal while it ran alone
    checkpoint   jsonb,
    run_at       timestamptz,                 -- not before; null = at any time
    planned_at   timestamptz NOT NULL DEFAULT now(),
    worker       text,                        -- who loaded it as due: a suspect due chunk is told apart by it
    last_error   text,
    PRIMARY KEY (operation_id, seq),
    UNIQUE (key, operation_id, kind)          -- the key first: it tells rows apart soonest
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000,
        autovacuum_vacuum_insert_scale_factor = 0.2, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX job_due ON job (operation_id, run_at) WHERE run_at IS NOT NULL;
CREATE INDEX job_in_hand ON job (worker) WHERE worker IS NOT NULL; -- retries that are run just now: few

CREATE TABLE job_outcome (
    operation_id text COLLATE "C" NOT NULL,
    seq          bigint NOT NULL,
    phase        integer NOT NULL,
    kind         text COLLATE "C" NOT NULL,
    key          text COLLATE "C" NOT NULL,
    outcome      text NOT NULL CHECK (outcome IN ('succeeded', 'failed', 'skipped')),
    attempt      integer NOT NULL,
    error        text,
    result       jsonb,
    worker       text NOT NULL,
    started_at   timestamptz NOT NULL,
    finished_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (operation_id, seq)
);
CREATE INDEX job_outcome_failed ON job_outcome (operation_id, seq) WHERE outcome = 'failed';

-- The lease on an exclusive key: a row is a claim, its absence is "free". A claim that was not touched for 50 s may be taken.
CREATE TABLE exclusive (
    key          text COLLATE "C" PRIMARY KEY,
    operation_id text COLLATE "C" NOT NULL,
    seq          bigint NOT NULL,
    attempt      integer NOT NULL,
    worker       text NOT NULL,
    touched_at   timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

CREATE TABLE store_state (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    epoch    text NOT NULL DEFAULT gen_random_uuid()::text, -- Redis must hold the same, else it was wiped
    timeline integer NOT NULL DEFAULT 0,                    -- of PostgreSQL, as last seen by a sweep
    beats    bigint NOT NULL DEFAULT 0                      -- Redis' counter as last seen: lower = rolled back
);

-- ---- Errors that the programs know by their SQLSTATE ---------------------------------------------------------------
--   RP001  the operation is not in a state that allows this      RP002  the attempt or its lease is not current any more
--   RP003  the exclusive key is held by another                  RP404  no such thing       RP409  its state refuses

CREATE FUNCTION timeline() RETURNS integer LANGUAGE sql STABLE AS
$$ SELECT CASE WHEN pg_is_in_recovery() THEN 0
          ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer END $$;
INSERT INTO store_state (timeline) VALUES (timeline());

-- The last statement of a settle (I2): counts, and the fence against cancel.
CREATE FUNCTION settle_tally(op text, n_succeeded bigint, n_failed bigint, n_skipped bigint) RETURNS tally
LANGUAGE plpgsql AS $$
DECLARE t tally;
BEGIN
    UPDATE tally SET succeeded = succeeded + n_succeeded, failed = failed + n_failed, skipped = skipped + n_skipped,
                     version = version + 1
     WHERE operation_id = op AND state IN ('running', 'paused') RETURNING * INTO t;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'operation % is not running', op USING ERRCODE = 'RP001';
    END IF;
    RETURN t;
END $$;

-- The fence of all that counts nothing: it waits for no settle, nor a settle for it; cancel waits for it.
CREATE FUNCTION share_tally(op text, also_paused boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE s text;
BEGIN
    SELECT state INTO s FROM tally
     WHERE operation_id = op AND (state = 'running' OR (also_paused AND state = 'paused')) FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'operation % is not running', op USING ERRCODE = 'RP001';
    END IF;
    RETURN s;
END $$;

-- Takes the lease on an exclusive key for a new attempt of a job; returns the attempt (I8).
CREATE FUNCTION claim(op text, job_seq bigint, old_attempt integer, exclusive_key text, by_worker text) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE new_attempt integer;
BEGIN
    PERFORM share_tally(op, false);
    UPDATE job SET attempt = attempt + 1 WHERE operation_id = op AND seq = job_seq AND attempt = old_attempt
        RETURNING attempt INTO new_attempt;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'job %/% is settled or has a newer attempt', op, job_seq USING ERRCODE = 'RP002';
    END IF;
    INSERT INTO exclusive AS e (key, operation_id, seq, attempt, worker)
    VALUES (exclusive_key, op, job_seq, new_attempt, by_worker)
        ON CONFLICT (key) DO UPDATE SET operation_id = op, seq = job_seq, attempt = new_attempt, worker = by_worker,
                                        touched_at = now()
        WHERE e.touched_at < now() - interval '50 seconds';
    IF NOT FOUND THEN
        RAISE EXCEPTION '% is held by another job', exclusive_key USING ERRCODE = 'RP003';
    END IF;
    RETURN new_attempt;
END $$;

-- The lease must be this attempt's still; touching it is the proof and keeps it.
CREATE FUNCTION touch(op text, job_seq bigint, job_attempt integer, exclusive_key text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE exclusive SET touched_at = clock_timestamp()
     WHERE key = exclusive_key AND operation_id = op AND seq = job_seq AND attempt = job_attempt;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the lease on % is not held by job %/% attempt % any more', exclusive_key, op, job_seq, job_attempt
            USING ERRCODE = 'RP002';
    END IF;
END $$;

-- The first statement of a checkpoint: fence, what the job wants to remember (null = as before), lease. Returns the
-- operation's state, so that the job stops where it is paused.
CREATE FUNCTION checkpoint_fence(op text, job_seq bigint, job_attempt integer, exclusive_key text, remember jsonb)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE s text;
BEGIN
    s := share_tally(op, true);
    PERFORM 1 FROM job WHERE operation_id = op AND seq = job_seq AND attempt = job_attempt FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'job %/% attempt % is not current any more', op, job_seq, job_attempt USING ERRCODE = 'RP002';
    END IF;
    IF remember IS NOT NULL THEN
        UPDATE job SET checkpoint = remember WHERE operation_id = op AND seq = job_seq;
    END IF;
    PERFORM touch(op, job_seq, job_attempt, exclusive_key);
    RETURN s;
END $$;

-- Gives the lease back; part of a settle or a retry of an exclusive job, which must still hold it.
CREATE FUNCTION release_held(op text, job_seq bigint, job_attempt integer, exclusive_key text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM exclusive WHERE key = exclusive_key AND operation_id = op AND seq = job_seq AND attempt = job_attempt;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the lease on % is not held by job %/% attempt % any more', exclusive_key, op, job_seq, job_attempt
            USING ERRCODE = 'RP002';
    END IF;
END $$;

-- The last statement of a planning step: only one planner moves the cursor on from where it was.
CREATE FUNCTION plan_tally(op text, of_phase integer, old_cursor text, old_last bigint, n bigint, new_cursor text, done boolean)
RETURNS tally LANGUAGE plpgsql AS $$
DECLARE t tally;
BEGIN
    UPDATE tally SET total = total + n, last_seq = last_seq + n, plan_cursor = new_cursor, planned = done,
                     plan_failures = 0, version = version + 1
     WHERE operation_id = op AND state = 'running' AND phase = of_phase AND NOT planned
       AND plan_cursor IS NOT DISTINCT FROM old_cursor AND last_seq = old_last RETURNING * INTO t;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the plan of operation % went on elsewhere', op USING ERRCODE = 'RP001';
    END IF;
    RETURN t;
END $$;

-- A phase whose jobs are all settled ends: the next one begins, or the operation is completed. Idempotent by phase.
CREATE FUNCTION advance(op text, of_phase integer) RETURNS tally LANGUAGE plpgsql AS $$
DECLARE
    t tally;
    phases_in_all integer;
BEGIN
    SELECT * INTO t FROM tally WHERE operation_id = op FOR UPDATE;
    IF NOT FOUND OR t.state <> 'running' OR t.phase <> of_phase OR NOT t.planned
       OR t.succeeded + t.failed + t.skipped <> t.total THEN
        RETURN t;
    END IF;
    SELECT jsonb_array_length(phases) INTO phases_in_all FROM operation WHERE operation_id = op;
    IF of_phase + 1 < phases_in_all THEN
        UPDATE tally SET phase = phase + 1, planned = false, plan_cursor = NULL, version = version + 1
         WHERE operation_id = op RETURNING * INTO t;
    ELSE
        UPDATE tally SET state = 'completed', version = version + 1 WHERE operation_id = op RETURNING * INTO t;
        UPDATE operation SET finished_at = now() WHERE operation_id = op;
    END IF;
    RETURN t;
END $$;
