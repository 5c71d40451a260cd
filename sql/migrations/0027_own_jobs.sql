-- Jobs whose selection and statement a definition brings along (docs/own-jobs.md).

-- What the selection gave beside the key. It goes with the job: an outcome keeps the result alone.
ALTER TABLE job ADD COLUMN item jsonb;

-- From here to recipe_leave, or to the end of the transaction or its savepoint, statements are those of a definition: by the role
-- of jobs.role, with nothing on the search path, under limits of their own. Has no SET clause: what it sets must stay.
-- What the session had is kept in settings of ours, from where recipe_leave takes it.
CREATE FUNCTION recipe_enter(jobs_role text, statement_ms bigint, lock_ms bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF jobs_role = '' THEN
        RAISE EXCEPTION 'jobs.role is not set: name the role by which statements of definitions run (docs/own-jobs.md)'
              USING ERRCODE = 'RP409';
    ELSIF NOT EXISTS (SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = jobs_role) THEN
        RAISE EXCEPTION 'jobs.role: there is no role "%"; CREATE ROLE makes it', jobs_role USING ERRCODE = 'RP409';
    ELSIF pg_catalog.has_table_privilege(jobs_role::name, 'reprise.tally', 'INSERT, UPDATE, DELETE') THEN
        RAISE EXCEPTION 'jobs.role: the role "%" may change the tables of Reprise itself; name one that may not', jobs_role
              USING ERRCODE = 'RP409';
    END IF;
    PERFORM pg_catalog.set_config('reprise.' || name, pg_catalog.current_setting(name), true)
       FROM (VALUES ('search_path'), ('statement_timeout'), ('lock_timeout'), ('enable_seqscan'), ('enable_nestloop')) AS s (name);
    PERFORM pg_catalog.set_config('statement_timeout', statement_ms::text, true),
            pg_catalog.set_config('lock_timeout', lock_ms::text, true),
            pg_catalog.set_config('enable_seqscan', 'on', true),
            pg_catalog.set_config('enable_nestloop', 'on', true),
            pg_catalog.set_config('search_path', '', true),
            pg_catalog.set_config('role', jobs_role, true);
END $$;
